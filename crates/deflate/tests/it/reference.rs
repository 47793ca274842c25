//! A slow and simple reader of DEFLATE ([RFC 1951](https://www.rfc-editor.org/rfc/rfc1951)) to check the fast ones by.

/// Reads messages, and refuses references to more than the window.
pub(crate) struct Reference {
    window: usize,
    /// Everything that was read.
    history: Vec<u8>,
    /// The farthest reference so far.
    pub(crate) farthest: usize,
}

/// Why a message cannot be read.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Invalid;

impl Reference {
    pub(crate) fn new(window: usize) -> Self {
        Self { window, history: Vec::new(), farthest: 0 }
    }

    /// Reads a whole message, which ends after a final block or with the header of an empty block.
    pub(crate) fn read(&mut self, data: &[u8]) -> Result<Vec<u8>, Invalid> {
        let start = self.history.len();
        let mut bits = Bits { data, at: 0 };
        while bits.at < data.len() * 8 {
            let is_final = bits.take(1)? == 1;
            match bits.take(2)? {
                0 => {
                    bits.align();
                    if bits.at == data.len() * 8 {
                        break;
                    }
                    let (length, complement) = (bits.take(16)?, bits.take(16)?);
                    if length ^ complement != 0xffff {
                        return Err(Invalid);
                    }
                    for _ in 0..length {
                        let byte = bits.take(8)?;
                        self.history.push(byte.try_into().unwrap());
                    }
                }
                1 => {
                    let lengths =
                        |i| [(143, 8), (255, 9), (279, 7), (287, 8)].iter().find(|x| i <= x.0);
                    let lengths: Vec<u8> = (0..288).map(|i| lengths(i).unwrap().1).collect();
                    self.block(&mut bits, &Code::new(&lengths)?, &Code::new(&[5; 32])?)?;
                }
                2 => {
                    let (literals, distances) = dynamic(&mut bits)?;
                    self.block(&mut bits, &literals, &distances)?;
                }
                _ => return Err(Invalid),
            }
            if is_final {
                bits.align();
            } else if bits.at == data.len() * 8 {
                return Err(Invalid);
            }
        }
        Ok(self.history[start..].to_vec())
    }

    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        literals: &Code,
        distances: &Code,
    ) -> Result<(), Invalid> {
        loop {
            let symbol = literals.read(bits)?;
            if let Ok(literal) = u8::try_from(symbol) {
                self.history.push(literal);
                continue;
            }
            let length = match symbol - 256 {
                0 => return Ok(()),
                n @ 1..=8 => n + 2,
                n @ 9..=28 => {
                    let extra = (n - 5) / 4;
                    ((4 + (n - 1) % 4) << extra) + 3 + bits.take(extra)?
                }
                29 => 258,
                _ => return Err(Invalid),
            };
            let distance = match distances.read(bits)? {
                n @ 0..=3 => n + 1,
                n @ 4..=29 => {
                    let extra = n / 2 - 1;
                    ((2 + n % 2) << extra) + 1 + bits.take(extra)?
                }
                _ => return Err(Invalid),
            };
            if distance > self.history.len().min(self.window) {
                return Err(Invalid);
            }
            self.farthest = self.farthest.max(distance);
            for _ in 0..length {
                self.history.push(self.history[self.history.len() - distance]);
            }
        }
    }
}

fn dynamic(bits: &mut Bits<'_>) -> Result<(Code, Code), Invalid> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let (literals, distances, count) = (bits.take(5)? + 257, bits.take(5)? + 1, bits.take(4)? + 4);
    if literals > 286 || distances > 30 {
        return Err(Invalid);
    }
    let mut lengths = [0; 19];
    for &symbol in &ORDER[..count] {
        lengths[symbol] = bits.take(3)?.try_into().unwrap();
    }
    let code = Code::complete(&lengths)?;
    let mut lengths = Vec::new();
    while lengths.len() < literals + distances {
        let (length, times) = match code.read(bits)? {
            16 => (*lengths.last().ok_or(Invalid)?, bits.take(2)? + 3),
            17 => (0, bits.take(3)? + 3),
            18 => (0, bits.take(7)? + 11),
            length => (length.try_into().unwrap(), 1),
        };
        lengths.extend(std::iter::repeat_n(length, times));
    }
    if lengths.len() > literals + distances || lengths[256] == 0 {
        return Err(Invalid);
    }
    Ok((Code::new(&lengths[..literals])?, Code::new(&lengths[literals..])?))
}

/// A prefix code: how many symbols have each length, and the symbols in order.
struct Code {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

impl Code {
    /// A code that uses every combination of bits, or has just one symbol of one bit, or none.
    fn new(lengths: &[u8]) -> Result<Self, Invalid> {
        let mut counts = [0; 16];
        for &length in lengths {
            counts[usize::from(length)] += 1;
        }
        counts[0] = 0;
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|&i| lengths[i] > 0).collect();
        symbols.sort_by_key(|&symbol| lengths[symbol]);
        let code = Self { counts, symbols };
        let is_tiny = code.symbols.iter().all(|&symbol| lengths[symbol] == 1);
        match code.unused() {
            0 => Ok(code),
            1.. if is_tiny => Ok(code),
            _ => Err(Invalid),
        }
    }

    fn complete(lengths: &[u8]) -> Result<Self, Invalid> {
        Self::new(lengths).and_then(|code| if code.unused() == 0 { Ok(code) } else { Err(Invalid) })
    }

    fn unused(&self) -> i64 {
        self.counts.iter().skip(1).fold(1, |left, &count| {
            if left < 0 { left } else { 2 * left - i64::try_from(count).unwrap() }
        })
    }

    fn read(&self, bits: &mut Bits<'_>) -> Result<usize, Invalid> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for &count in &self.counts[1..] {
            code += bits.take(1)?;
            if code < first + count {
                return Ok(self.symbols[index + code - first]);
            }
            index += count;
            first = (first + count) * 2;
            code *= 2;
        }
        Err(Invalid)
    }
}

struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Result<usize, Invalid> {
        (0..count).try_fold(0, |value, i| {
            let byte = *self.data.get(self.at / 8).ok_or(Invalid)?;
            let bit = usize::from(byte >> (self.at % 8) & 1);
            self.at += 1;
            Ok(value | bit << i)
        })
    }

    fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }
}
