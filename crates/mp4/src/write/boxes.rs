//! Boxes into memory: those of `mp4-atom`, and containers around them.

use mp4_atom::Encode;

use crate::Error;

/// Appends a box of 32-bit size around what `contents` appends.
pub(crate) fn boxed(
    out: &mut Vec<u8>,
    name: &[u8; 4],
    contents: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(name);
    contents(out)?;
    let bytes = (out.len() - start) as u64;
    let limit = u32::MAX.into();
    let size =
        u32::try_from(bytes).map_err(|_| Error::Limit { what: "bytes of a box", value: bytes, limit })?;
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
    Ok(())
}

/// Appends a box of `mp4-atom`.
pub(crate) fn encode(out: &mut Vec<u8>, atom: &impl Encode) -> Result<(), Error> {
    Ok(atom.encode(out)?)
}

/// The head of an `mdat` whose size has 64 bits (4.2): always 16 bytes.
pub(crate) fn wide_mdat_head(bytes: u64) -> [u8; 16] {
    let mut head = [0; 16];
    head[3] = 1;
    head[4..8].copy_from_slice(b"mdat");
    head[8..].copy_from_slice(&bytes.to_be_bytes());
    head
}
