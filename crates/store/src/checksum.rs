//! The checksum that tells a flipped bit in what the bridge wrote itself.

/// Sixteen bytes at a time: with one it was the largest share of reading a backlog.
const CRC: crc::Crc<u32, crc::Table<16>> =
    crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC);

/// CRC-32 as in zip and Ethernet.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    CRC.checksum(bytes)
}
