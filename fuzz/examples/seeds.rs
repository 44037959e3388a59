//! Writes what testdata has as seeds: `cargo run --example seeds FOLDER` fills FOLDER/TARGET. The committed corpora were begun from
//! these, grown by runs, and minimized (README.md).

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use dubbo::{Frame, Kind, Parsed};
use scenario::Step;

const TESTDATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata");

/// Longer seeds slow the fuzzer down, and show it nothing new.
const MAX: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("expected a folder")?;
    let mut seeds = Seeds {
        folder: folder.into(),
        written: HashSet::new(),
    };
    for file in ["values.txt", "streams.txt"] {
        for line in fs::read_to_string(Path::new(TESTDATA).join("hessian").join(file))?.lines() {
            let (_, hex) = line.split_once(": ").ok_or("a vector's line has a colon")?;
            if !hex.contains('*') && hex.len() < MAX {
                seeds.write("hessian_skip", &bytes(hex)?)?;
            }
        }
    }
    for entry in fs::read_dir(Path::new(TESTDATA).join("dubbo/recorded"))? {
        seeds.stream(&fs::read(entry?.path())?)?;
    }
    for scenario in scenario::load_all(&Path::new(TESTDATA).join("scenarios"))? {
        seeds.write("config", scenario.config.to_string().as_bytes())?;
        for step in &scenario.steps {
            if let Step::Client(frames) | Step::Provider(frames) = step {
                for frame in frames {
                    seeds.stream(&frame.bytes()?)?;
                }
            }
        }
    }
    for folder in ["config/good", "config/bad"] {
        for entry in fs::read_dir(Path::new(TESTDATA).join(folder))? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
            {
                // Some are wrong as YAML, too.
                if let Ok(policy) =
                    serde_saphyr::from_str::<serde_json::Value>(&fs::read_to_string(&path)?)
                {
                    seeds.write("config", policy.to_string().as_bytes())?;
                }
            }
        }
    }
    Ok(())
}

struct Seeds {
    folder: PathBuf,
    written: HashSet<(String, Vec<u8>)>,
}

impl Seeds {
    fn write(&mut self, target: &str, seed: &[u8]) -> Result<(), Box<dyn Error>> {
        if seed.len() > MAX || !self.written.insert((target.to_owned(), seed.to_vec())) {
            return Ok(());
        }
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder)?;
        Ok(fs::write(
            folder.join(self.written.len().to_string()),
            seed,
        )?)
    }

    /// A stream of frames, and the bodies of its calls.
    fn stream(&mut self, mut stream: &[u8]) -> Result<(), Box<dyn Error>> {
        self.write("frame", stream)?;
        while let Ok(Parsed::Whole(frame, behind)) = Frame::parse(stream) {
            if matches!(frame.head.kind, Kind::Request { .. }) {
                let serialization =
                    u8::from(frame.head.serialization == dubbo::Serialization::FASTJSON2);
                self.write("call", &[&[serialization, 0, 0, 0], frame.body()].concat())?;
            }
            self.write("hessian_skip", frame.body())?;
            stream = behind;
        }
        Ok(())
    }
}

fn bytes(hex: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let digits: Vec<char> = hex.chars().filter(|char| !char.is_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| pair.iter().collect::<String>());
    Ok(pairs
        .map(|pair| u8::from_str_radix(&pair, 16))
        .collect::<Result<_, _>>()?)
}
