//! Frames on the wire, read and written without the library: [RFC 6455 §5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2).

/// A frame as it was found.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Frame {
    /// Whether it ends its message.
    pub fin: bool,
    /// Its opcode.
    pub opcode: u8,
    /// Its payload, unmasked.
    pub payload: Vec<u8>,
}

/// The frames in `bytes`, and how many bytes of half a frame are left over.
pub fn frames(mut bytes: &[u8]) -> (Vec<Frame>, usize) {
    let mut frames = Vec::new();
    while let Some((frame, rest)) = next(bytes) {
        frames.push(frame);
        bytes = rest;
    }
    (frames, bytes.len())
}

fn next(bytes: &[u8]) -> Option<(Frame, &[u8])> {
    let ([first, second], rest) = bytes.split_first_chunk()?;
    let (len, rest) = match second & 0x7f {
        126 => rest
            .split_first_chunk()
            .map(|(len, rest)| (u64::from(u16::from_be_bytes(*len)), rest))?,
        127 => rest.split_first_chunk().map(|(len, rest)| (u64::from_be_bytes(*len), rest))?,
        len => (u64::from(len), rest),
    };
    let (key, rest) = if second & 0x80 == 0 { (&[0; 4], rest) } else { rest.split_first_chunk()? };
    let (payload, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
    let payload = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    Some((Frame { fin: first & 0x80 != 0, opcode: first & 0xf, payload }, rest))
}

/// The bytes of an unmasked frame, whose first byte is `first`.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    encode(first, 0, &[], payload)
}

/// The bytes of a frame that is masked with a fixed key.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let payload: Vec<u8> =
        payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    encode(first, 0x80, &KEY, &payload)
}

fn encode(first: u8, mask: u8, key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(len @ ..=125), _) => bytes.push(mask | len),
        (_, Ok(len)) => {
            bytes.push(mask | 0x7e);
            bytes.extend(len.to_be_bytes());
        }
        _ => {
            bytes.push(mask | 0x7f);
            bytes.extend((payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(payload);
    bytes
}
