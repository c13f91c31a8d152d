//! Modbus TCP frames: the MBAP header, read requests and their answers.
//!
//! ```text
//!  0  transaction u16   echoed by the answer
//!  2  protocol    u16   0
//!  4  length      u16   bytes that follow: unit, function, data
//!  6  unit        u8
//!  7  function    u8    3 or 4; with bit 7 set in an exception
//!  8  request: address u16, count u16 · answer: byte count u8, data · exception: code u8
//! ```
//!
//! **The byte count is not believed.** Some DTUs send a wrong one; the MBAP length has always been
//! right (`protocol/modbus.md` 1.3). So the data is whatever the MBAP length leaves, and a byte
//! count that disagrees is only noted in [`Answer::repaired`].

/// Bytes up to and including the length field: what is read before the rest is known.
pub const PREFIX_LEN: usize = 6;
/// Registers that one request may ask for, by the Modbus standard.
pub const MAX_REGISTERS: u16 = 125;
/// The largest `length` that the standard allows: 260 bytes in all, less the prefix.
const MAX_LENGTH: u16 = 254;
const EXCEPTION_BIT: u8 = 0x80;

/// A function that reads registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// FC 03, where map A lives.
    ReadHolding,
    /// FC 04, where newer firmware has more.
    ReadInput,
}

impl Function {
    /// The code on the wire.
    pub const fn code(self) -> u8 {
        match self {
            Self::ReadHolding => 3,
            Self::ReadInput => 4,
        }
    }

    /// The function of a code, if it is one of these.
    pub const fn of(code: u8) -> Option<Self> {
        match code {
            3 => Some(Self::ReadHolding),
            4 => Some(Self::ReadInput),
            _ => None,
        }
    }
}

/// A request to read registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Chosen by the client; the answer repeats it.
    pub transaction: u16,
    /// The unit asked, 1 on every DTU seen.
    pub unit: u8,
    /// Which kind of register.
    pub function: Function,
    /// The first register, or byte: see the dialects in `protocol/modbus.md` 2.2.
    pub address: u16,
    /// Number of 16-bit registers, 1 to [`MAX_REGISTERS`].
    pub count: u16,
}

/// The data of a well-formed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Registers, big-endian, as many as came: at most what was asked, perhaps fewer.
    pub data: Vec<u8>,
    /// Whether the byte count disagreed with the length of the frame.
    pub repaired: bool,
}

/// Why bytes are not the answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Something other than Modbus TCP speaks there.
    #[error("the protocol field is {0} where Modbus TCP has 0")]
    Protocol(u16),
    /// No frame can be so long or so short.
    #[error("the frame claims {0} bytes, 2 to {MAX_LENGTH} are possible")]
    Length(u16),
    /// The frame ended before what its length claims.
    #[error("the frame is cut short")]
    Truncated,
    /// An answer to another request, perhaps a late one.
    #[error("the answer carries transaction {got}, the request was {wanted}")]
    Transaction {
        /// As sent.
        wanted: u16,
        /// As received.
        got: u16,
    },
    /// An answer in another unit's name.
    #[error("the answer comes from unit {got}, unit {wanted} was asked")]
    Unit {
        /// As sent.
        wanted: u8,
        /// As received.
        got: u8,
    },
    /// An answer to another function.
    #[error("the answer is to function {got}, function {wanted} was asked")]
    Function {
        /// As sent.
        wanted: u8,
        /// As received.
        got: u8,
    },
    /// The device understood and refuses. DTUs are known to send code 1 only.
    #[error("the device answers with exception {code}")]
    Exception {
        /// Modbus exception code.
        code: u8,
    },
    /// A well-formed answer without data: the DTU has no inverters mapped.
    #[error("the answer carries no data")]
    NoData,
    /// Half a register.
    #[error("the answer carries {0} bytes, which is no whole number of registers")]
    OddData(usize),
    /// More than was asked for.
    #[error("the answer carries {got} bytes, {wanted} were asked for")]
    TooMuchData {
        /// Bytes asked for.
        wanted: usize,
        /// Bytes received.
        got: usize,
    },
    /// The checksum of a serial line does not match.
    #[error("the checksum does not match")]
    Checksum,
}

impl FrameError {
    /// Whether the device really answered this request, so that the connection is still in step.
    pub const fn is_an_answer(&self) -> bool {
        matches!(self, Self::Exception { .. } | Self::NoData)
    }
}

/// The first six bytes of any frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// See [`Request::transaction`].
    pub transaction: u16,
    /// Bytes that follow the prefix.
    pub length: u16,
}

impl Prefix {
    /// Reads the prefix and refuses what cannot be Modbus TCP.
    pub fn decode(bytes: [u8; PREFIX_LEN]) -> Result<Self, FrameError> {
        let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let (protocol, length) = (word(2), word(4));
        if protocol != 0 {
            return Err(FrameError::Protocol(protocol));
        }
        if !(2..=MAX_LENGTH).contains(&length) {
            return Err(FrameError::Length(length));
        }
        Ok(Self { transaction: word(0), length })
    }
}

impl Request {
    /// The whole frame.
    pub fn encode(&self) -> [u8; 12] {
        let [t0, t1] = self.transaction.to_be_bytes();
        let [u, f, a0, a1, c0, c1] = self.body();
        [t0, t1, 0, 0, 0, 6, u, f, a0, a1, c0, c1]
    }

    /// Unit and PDU: what TCP and the serial line have in common.
    pub(crate) fn body(&self) -> [u8; 6] {
        let [a0, a1] = self.address.to_be_bytes();
        let [c0, c1] = self.count.to_be_bytes();
        [self.unit, self.function.code(), a0, a1, c0, c1]
    }

    /// Reads a request as a server sees it: prefix, then `body` of the length it claims.
    /// `None` when it is not a read of registers.
    pub fn decode(prefix: Prefix, body: &[u8]) -> Option<Self> {
        let &[unit, function, a0, a1, c0, c1] = body else {
            return None;
        };
        Some(Self {
            transaction: prefix.transaction,
            unit,
            function: Function::of(function)?,
            address: u16::from_be_bytes([a0, a1]),
            count: u16::from_be_bytes([c0, c1]),
        })
        .filter(|request| (1..=MAX_REGISTERS).contains(&request.count))
    }

    /// What the bytes after the prefix answer to this request.
    pub fn answer(&self, prefix: Prefix, body: &[u8]) -> Result<Answer, FrameError> {
        if prefix.transaction != self.transaction {
            return Err(FrameError::Transaction {
                wanted: self.transaction,
                got: prefix.transaction,
            });
        }
        if body.len() != usize::from(prefix.length) {
            return Err(FrameError::Truncated);
        }
        self.answer_body(body)
    }

    /// The same for unit and PDU alone, as a serial line carries them.
    pub(crate) fn answer_body(&self, body: &[u8]) -> Result<Answer, FrameError> {
        let &[unit, function, ref rest @ ..] = body else {
            return Err(FrameError::Truncated);
        };
        if unit != self.unit {
            return Err(FrameError::Unit { wanted: self.unit, got: unit });
        }
        let wanted = self.function.code();
        if function == wanted | EXCEPTION_BIT {
            return match rest {
                &[code, ..] => Err(FrameError::Exception { code }),
                [] => Err(FrameError::Truncated),
            };
        }
        if function != wanted {
            return Err(FrameError::Function { wanted, got: function });
        }
        let &[declared, ref data @ ..] = rest else {
            return Err(FrameError::NoData);
        };
        let asked = 2 * usize::from(self.count);
        match data.len() {
            0 => Err(FrameError::NoData),
            got if got > asked => Err(FrameError::TooMuchData { wanted: asked, got }),
            odd if odd % 2 == 1 => Err(FrameError::OddData(odd)),
            even => Ok(Answer { data: data.to_vec(), repaired: usize::from(declared) != even }),
        }
    }

    /// The frame that answers this request with data, as a server sends it.
    pub fn encode_answer(&self, data: &[u8]) -> Vec<u8> {
        let declared = u8::try_from(data.len()).unwrap_or(u8::MAX);
        self.encode_reply(&[&[self.function.code(), declared], data].concat())
    }

    /// The frame that refuses this request.
    pub fn encode_exception(&self, code: u8) -> Vec<u8> {
        self.encode_reply(&[self.function.code() | EXCEPTION_BIT, code])
    }

    fn encode_reply(&self, pdu: &[u8]) -> Vec<u8> {
        let length = u16::try_from(pdu.len() + 1).unwrap_or(u16::MAX);
        let mut frame = Vec::with_capacity(PREFIX_LEN + 1 + pdu.len());
        frame.extend(self.transaction.to_be_bytes());
        frame.extend([0, 0]);
        frame.extend(length.to_be_bytes());
        frame.push(self.unit);
        frame.extend(pdu);
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REQUEST: Request = Request {
        transaction: 1,
        unit: 1,
        function: Function::ReadHolding,
        address: 0x1000,
        count: 20,
    };

    fn receive(request: &Request, frame: &[u8]) -> Result<Answer, FrameError> {
        let (prefix, body) = frame.split_first_chunk().ok_or(FrameError::Truncated)?;
        request.answer(Prefix::decode(*prefix)?, body)
    }

    #[test]
    fn a_function_code_alone_is_no_data_and_no_panic() {
        assert_eq!(receive(&REQUEST, &[0, 1, 0, 0, 0, 2, 1, 3]), Err(FrameError::NoData));
    }

    #[test]
    fn an_answer_of_another_request_is_refused() {
        let answer = |request: Request| receive(&REQUEST, &request.encode_answer(&[0; 40]));
        assert!(answer(REQUEST).is_ok());
        assert_eq!(
            answer(Request { transaction: 2, ..REQUEST }),
            Err(FrameError::Transaction { wanted: 1, got: 2 })
        );
        assert_eq!(
            answer(Request { unit: 9, ..REQUEST }),
            Err(FrameError::Unit { wanted: 1, got: 9 })
        );
        assert_eq!(
            answer(Request { function: Function::ReadInput, ..REQUEST }),
            Err(FrameError::Function { wanted: 3, got: 4 })
        );
    }

    #[test]
    fn more_than_asked_or_half_a_register_is_refused() {
        let answer = |len| receive(&REQUEST, &REQUEST.encode_answer(&vec![0; len]));
        assert_eq!(answer(42), Err(FrameError::TooMuchData { wanted: 40, got: 42 }));
        assert_eq!(answer(39), Err(FrameError::OddData(39)));
        assert_eq!(answer(20).unwrap().data.len(), 20);
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_an_error(frame in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = receive(&REQUEST, &frame);
        }

        #[test]
        fn any_byte_count_gives_the_same_data(
            data in proptest::collection::vec(any::<u8>(), 1..=20)
                .prop_map(|words| words.into_iter().flat_map(|b| [b, !b]).collect::<Vec<u8>>()),
            declared: u8,
        ) {
            let mut frame = REQUEST.encode_answer(&data);
            let honest = frame[8];
            frame[8] = declared;
            let answer = receive(&REQUEST, &frame).unwrap();
            prop_assert_eq!(answer.data, data);
            prop_assert_eq!(answer.repaired, declared != honest);
        }

        #[test]
        fn a_request_reads_back(transaction: u16, unit: u8, address: u16, count in 1..=MAX_REGISTERS) {
            let request = Request { transaction, unit, function: Function::ReadInput, address, count };
            let frame = request.encode();
            let (prefix, body) = frame.split_first_chunk().unwrap();
            prop_assert_eq!(Request::decode(Prefix::decode(*prefix).unwrap(), body), Some(request));
        }
    }
}
