//! The same requests on a serial line: unit, PDU, CRC-16.
//!
//! There is no length field, so an answer is framed by what was asked for; the byte count is
//! believed no more than over TCP (`protocol/modbus.md` 1.3).

use crc::{CRC_16_MODBUS, Crc};

use crate::frame::{Answer, FrameError, Request};

const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_MODBUS);

/// The frame that asks for the registers; the transaction number does not travel.
pub fn encode_request(request: &Request) -> [u8; 8] {
    let body = request.body();
    let [low, high] = CRC.checksum(&body).to_le_bytes();
    let [u, f, a0, a1, c0, c1] = body;
    [u, f, a0, a1, c0, c1, low, high]
}

/// What a complete frame answers to the request.
///
/// # Errors
/// [`FrameError::Checksum`] before anything else: a damaged frame tells nothing.
pub fn decode_answer(request: &Request, frame: &[u8]) -> Result<Answer, FrameError> {
    let (body, &checksum) = frame.split_last_chunk::<2>().ok_or(FrameError::Truncated)?;
    if CRC.checksum(body).to_le_bytes() != checksum {
        return Err(FrameError::Checksum);
    }
    request.answer_body(body)
}
