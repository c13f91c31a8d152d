//! What every target of a message has in common.

use prost::Message;
use wifi::tolerant::{Shape, decode};

/// Bytes are no message, or one that says the same when it is sent on.
pub fn message<M: Message + Default + PartialEq + Shape>(bytes: &[u8]) {
    if let Ok(message) = decode::<M>(bytes) {
        let again = decode::<M>(&message.encode_to_vec());
        assert!(again == Ok(message), "it says something else when it is sent on");
    }
}
