//! Certificates, made by the `openssl` command.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::paths::Folder;

/// An authority and the certificates that it has signed, in files that live as long as it.
#[derive(Debug)]
pub struct Authority {
    folder: Folder,
}

/// A certificate and its key, as PEM files.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub chain: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Authority {
    /// A new one, which nobody trusts yet.
    pub fn new() -> Result<Authority> {
        let folder = Folder::new("certificates")?;
        let authority = Authority { folder };
        authority.make("ca", &["-subj", "/CN=lab authority"])?;
        Ok(authority)
    }

    /// What has to be trusted.
    pub fn certificate(&self) -> PathBuf {
        self.folder.file("ca.pem")
    }

    /// Signs a certificate with these alternative names: `URI:spiffe://..`, `DNS:..`, joined by commas.
    pub fn sign(&self, file: &str, names: &str) -> Result<Certificate> {
        let (ca, ca_key) = (self.certificate(), self.folder.file("ca.key"));
        self.make(
            file,
            &[
                "-subj",
                "/O=lab",
                "-CA",
                &ca.display().to_string(),
                "-CAkey",
                &ca_key.display().to_string(),
                "-addext",
                &format!("subjectAltName={names}"),
                "-addext",
                "basicConstraints=critical,CA:FALSE",
            ],
        )
    }

    fn make(&self, file: &str, arguments: &[&str]) -> Result<Certificate> {
        let made = Certificate {
            chain: self.folder.file(&format!("{file}.pem")),
            key: self.folder.file(&format!("{file}.key")),
        };
        let output = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"])
            .args(["-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .arg("-keyout")
            .arg(&made.key)
            .arg("-out")
            .arg(&made.chain)
            .args(arguments)
            .output()
            .context("openssl 3 is needed to make certificates")?;
        ensure!(
            output.status.success(),
            "openssl: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(made)
    }
}
