//! What a refused caller gets.
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

use dubbo::refusal::{Form, write};
use dubbo::{RequestId, Serialization, Status};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const ID: RequestId = RequestId(0x0102_0304_0506_0708);

fn written(serialization: Serialization, form: Form, text: &str) -> Vec<u8> {
    let mut out = b"before".to_vec();
    write(&mut out, ID, serialization, form, text);
    out.split_off(6)
}

/// The head of an answer with ID.
fn answer(flag: u8, status: u8, body: &[u8]) -> Vec<u8> {
    let head = [0xda, 0xbb, flag, status, 1, 2, 3, 4, 5, 6, 7, 8];
    [
        &head,
        u32::try_from(body.len()).unwrap().to_be_bytes().as_slice(),
        body,
    ]
    .concat()
}

#[test]
fn a_hessian2_caller_gets_the_exception_that_java_and_dubbo_go_threw() {
    let body =
        b"\x90\x43\x1ajava.lang.RuntimeException\x91\x0ddetailMessage\x60\x10denied by policy";
    let frame = written(Serialization::HESSIAN2, Form::Exception, "denied by policy");
    assert_eq!(frame, answer(0x02, 20, body));
}

#[test]
fn a_fastjson2_caller_gets_the_exception_that_dubbo_3_threw() {
    let exception =
        b"\x92\x63java.lang.RuntimeException\x00\xa6\x56detailMessage\x59denied by policy\xa5";
    let body = [
        b"\0\0\0\x02\xbd\0\0\0\0".as_slice(),
        &[u8::try_from(exception.len()).unwrap()],
        exception,
    ]
    .concat();
    let frame = written(
        Serialization::FASTJSON2,
        Form::Exception,
        "denied by policy",
    );
    assert_eq!(frame, answer(0x17, 20, &body));
}

#[test]
fn a_status_carries_the_text_in_hessian2_for_every_caller() {
    for serialization in [2, 23, 8].map(Serialization::from_flag) {
        let frame = written(serialization, Form::Status(Status(100)), "busy");
        assert_eq!(frame, answer(0x02, 100, b"\x04busy"));
    }
}

#[test]
fn a_caller_whose_exceptions_are_unknown_gets_a_status() {
    let frame = written(Serialization::from_flag(8), Form::Exception, "no");
    assert_eq!(frame, answer(0x02, 70, b"\x02no"));
}

/// hessian_rs is an independent reader, but for surrogates.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn another_reader_finds_the_exception_and_its_message() {
    use hessian_rs::value::Value;
    for text in ["", "denied", &"long ".repeat(300), &"ü中".repeat(40_000)] {
        let frame = written(Serialization::HESSIAN2, Form::Exception, text);
        let mut body = hessian_rs::de::Deserializer::new(&frame[16..]);
        assert_eq!(body.read_value().unwrap(), Value::Int(0));
        let exception = body.read_value().unwrap();
        let Value::Map(exception) = exception else {
            panic!("{exception:?}")
        };
        assert_eq!(exception.r#type(), Some("java.lang.RuntimeException"));
        let fields: Vec<_> = exception.value().iter().collect();
        assert_eq!(
            fields,
            [(&Value::from("detailMessage"), &Value::from(text))]
        );
        assert!(body.read_value().is_err(), "bytes behind the exception");
    }
}
