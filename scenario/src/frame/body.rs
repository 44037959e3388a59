//! A body in one serialization or the other.

use anyhow::Result;
use serde::{Deserialize, Deserializer};

use crate::value::Value;
use crate::{hessian, jsonb};

/// What a header says of the body, and what the body is. In a file: `hessian2`, `fastjson2`, or an id of the header alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Serialization {
    /// Hessian 2, id 2.
    #[default]
    Hessian2,
    /// JSONB, id 23.
    Fastjson2,
    /// Hessian 2 under this id.
    Claimed(u8),
}

impl Serialization {
    /// The id in the header.
    pub fn id(self) -> u8 {
        match self {
            Serialization::Hessian2 => HESSIAN2,
            Serialization::Fastjson2 => FASTJSON2,
            Serialization::Claimed(id) => id,
        }
    }

    /// Null, which is a heartbeat's whole body.
    pub(super) fn null(self) -> &'static str {
        match self {
            Serialization::Hessian2 | Serialization::Claimed(_) => "4e",
            Serialization::Fastjson2 => "00000001 af",
        }
    }

    pub(super) fn body(self) -> Body {
        match self {
            Serialization::Hessian2 | Serialization::Claimed(_) => {
                Body::Hessian2(hessian::Writer::default())
            }
            Serialization::Fastjson2 => Body::Fastjson2(jsonb::Writer::default()),
        }
    }
}

impl<'de> Deserialize<'de> for Serialization {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Id(u8),
            Name(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Id(id) => Ok(Serialization::Claimed(id)),
            Written::Name(name) if name == "hessian2" => Ok(Serialization::Hessian2),
            Written::Name(name) if name == "fastjson2" => Ok(Serialization::Fastjson2),
            Written::Name(name) => Err(serde::de::Error::custom(format!(
                "expected hessian2, fastjson2 or an id, found {name:?}"
            ))),
        }
    }
}

/// The values of a body, one after the other.
pub(super) enum Body {
    Hessian2(hessian::Writer),
    Fastjson2(jsonb::Writer),
}

impl Body {
    pub(super) fn value(&mut self, value: &Value) -> Result<()> {
        match self {
            Body::Hessian2(writer) => writer.value(value),
            Body::Fastjson2(writer) => writer.value(value),
        }
    }

    /// What kind of an answer follows.
    pub(super) fn kind(&mut self, kind: u8) {
        match self {
            Body::Hessian2(writer) => writer.int(kind.into()),
            Body::Fastjson2(writer) => writer.kind(kind),
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Body::Hessian2(writer) => writer.into_bytes(),
            Body::Fastjson2(writer) => writer.into_bytes(),
        }
    }
}

const HESSIAN2: u8 = 2;
const FASTJSON2: u8 = 23;
