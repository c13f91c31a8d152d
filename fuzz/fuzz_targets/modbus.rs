#![no_main]
//! Modbus: a frame as an answer (TCP and serial line) and as a request, and the records in it.

use libfuzzer_sys::fuzz_target;
use modbus::frame::{FrameError, PREFIX_LEN, Prefix};
use modbus::{Answer, Function, PortRecord, Request, map, rtu};

const REQUEST: Request = Request {
    transaction: 1,
    unit: 1,
    function: Function::ReadHolding,
    address: 0x1000,
    count: 100,
};

fuzz_target!(|bytes: &[u8]| {
    look(rtu::decode_answer(&REQUEST, bytes));
    let Some((prefix, body)) = bytes.split_first_chunk::<PREFIX_LEN>() else { return };
    let Ok(prefix) = Prefix::decode(*prefix) else { return };
    // The frame as it is, and as it would be with the length and the transaction that are right:
    // else few of them came as far as the data.
    look(REQUEST.answer(prefix, body));
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    look(REQUEST.answer(Prefix { transaction: 1, length }, body));
    if let Some(request) = Request::decode(prefix, body) {
        assert_eq!(request.encode()[PREFIX_LEN..], *body);
    }
});

fn look(answer: Result<Answer, FrameError>) {
    let Ok(answer) = answer else { return };
    assert!(answer.data.len() <= 2 * usize::from(REQUEST.count));
    for record in PortRecord::split(&answer.data) {
        for field in map::FIELDS {
            assert!(record.value(field).is_finite());
        }
        let _ = (record.serial(), record.is_empty_slot(), record.pv_current_a());
    }
}
