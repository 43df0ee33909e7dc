//! Huffman codes and the bit reader (ITU-T T.81, annex C and F).

/// The number of bits of a table lookup.
const LOOKED_UP: u32 = 9;

/// The codes of one table.
#[derive(Clone)]
pub(super) struct Table {
    /// The value and code length for the next [`LOOKED_UP`] bits; length 0 if the code is longer.
    short: Vec<(u8, u8)>,
    /// The largest code of each length; -1 for lengths without codes.
    largest: [i32; 17],
    /// The offset from a code of each length to the index of its value.
    offset: [i32; 17],
    values: Vec<u8>,
}

impl Table {
    /// Builds a table from the number of codes of each length and their values; `None` if there are more
    /// codes of a length than possible.
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let mut table = Self {
            short: vec![(0, 0); 1 << LOOKED_UP],
            largest: [-1; 17],
            offset: [0; 17],
            values: values.to_vec(),
        };
        let (mut code, mut position) = (0i32, 0i32);
        for length in 1..=16u32 {
            let count = i32::from(counts[length as usize - 1]);
            table.offset[length as usize] = position - code;
            if code + count > 1 << length {
                return None;
            }
            for _ in 0..count {
                if length <= LOOKED_UP {
                    let first = (code as usize) << (LOOKED_UP - length);
                    let entry = (*values.get(position as usize)?, length as u8);
                    table.short[first..first + (1 << (LOOKED_UP - length))].fill(entry);
                }
                code += 1;
                position += 1;
            }
            table.largest[length as usize] = code - 1;
            if count == 0 {
                table.largest[length as usize] = -1;
            }
            code <<= 1;
        }
        Some(table)
    }
}

/// An error in the entropy-coded data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Bits that are not a code, or values out of range.
    Invalid,
    /// A marker or the end of the file before the last block.
    Ends,
}

/// Bits of entropy-coded data, up to the next marker.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The position of the next byte to read.
    pub(super) place: usize,
    held: u64,
    count: u32,
    /// The number of zero bits added after the end.
    made_up: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], place: usize) -> Self {
        Self { bytes, place, held: 0, count: 0, made_up: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match self.bytes.get(self.place) {
                Some(0xff) => match self.bytes.get(self.place + 1) {
                    Some(0) => {
                        self.place += 2;
                        0xff
                    }
                    _ => {
                        self.made_up += 8;
                        0
                    }
                },
                Some(&byte) => {
                    self.place += 1;
                    byte
                }
                None => {
                    self.made_up += 8;
                    0
                }
            };
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// Whether bits after the end of the data were used.
    pub(super) fn is_overdrawn(&self) -> bool {
        self.made_up > self.count
    }

    /// The number of unused whole bytes before the next marker.
    pub(super) fn unused_bytes(&self) -> usize {
        let rest = self.bytes.get(self.place..).unwrap_or_default();
        let marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff);
        let untouched = &rest[..rest.windows(2).position(marker).unwrap_or(rest.len())];
        // A marker may be preceded by any number of these.
        let untouched = untouched.iter().rposition(|&byte| byte != 0xff).map_or(0, |last| last + 1);
        (self.count.saturating_sub(self.made_up) / 8) as usize + untouched
    }

    /// Whether the padding bits of the last byte are neither all 1, as the standard requires, nor all 0.
    pub(super) fn has_odd_padding(&self) -> bool {
        let bits = self.count.saturating_sub(self.made_up) % 8;
        let padding = self.held.checked_shr(64 - bits).unwrap_or(0);
        padding != 0 && padding != (1 << bits) - 1
    }

    /// Discards the buffered bits, as at a restart.
    pub(super) fn clear(&mut self) {
        (self.held, self.count, self.made_up) = (0, 0, 0);
    }

    fn drop(&mut self, count: u32) {
        self.held <<= count;
        self.count -= count;
    }

    /// Decodes the next value with a table.
    #[inline]
    pub(super) fn value(&mut self, table: &Table) -> Result<u8, Fault> {
        if self.count < 16 {
            self.fill();
        }
        let (value, length) = table.short[(self.held >> (64 - LOOKED_UP)) as usize];
        if length > 0 {
            self.drop(length.into());
            return Ok(value);
        }
        let ahead = (self.held >> 48) as i32;
        for length in LOOKED_UP + 1..=16 {
            let code = ahead >> (16 - length);
            if code <= table.largest[length as usize] {
                self.drop(length);
                let position = code + table.offset[length as usize];
                let value = usize::try_from(position).ok().and_then(|at| table.values.get(at));
                return value.copied().ok_or(Fault::Invalid);
            }
        }
        Err(if self.made_up > 0 { Fault::Ends } else { Fault::Invalid })
    }

    /// Reads the next 0 to 16 bits as a number.
    #[inline]
    pub(super) fn number(&mut self, count: u8) -> u32 {
        if count == 0 {
            return 0;
        }
        if self.count < count.into() {
            self.fill();
        }
        let number = (self.held >> (64 - u32::from(count))) as u32;
        self.drop(count.into());
        number
    }

    /// Reads the next bits as a signed number (F.2.2.1, EXTEND).
    #[inline]
    pub(super) fn signed(&mut self, count: u8) -> i32 {
        if count == 0 {
            return 0;
        }
        let number = self.number(count) as i32;
        if number < 1 << (count - 1) { number - (1 << count) + 1 } else { number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_length_are_read() {
        // One code of each length: 0, 10, 110, …, including one of 16 bits.
        let table = Table::new(&[1; 16], &(1..=16).collect::<Vec<u8>>()).unwrap();
        // 0, then 10, then fifteen ones and a zero, then padding.
        let bytes = [0b0101_1111, 0b1111_1111, 0x00, 0b1101_1111];
        let mut bits = Bits::new(&bytes, 0);
        assert_eq!([bits.value(&table), bits.value(&table), bits.value(&table)], [Ok(1), Ok(2), Ok(16)]);
        assert!(!bits.is_overdrawn());
    }

    #[test]
    fn tables_with_too_many_codes_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Table::new(&counts, &[1, 2, 3]).is_none());
    }

    #[test]
    fn bits_behind_the_end_are_noticed() {
        let mut bits = Bits::new(&[0xab, 0xff, 0xd9], 0);
        assert_eq!(bits.number(8), 0xab);
        assert!(!bits.is_overdrawn());
        bits.number(1);
        assert!(bits.is_overdrawn());
    }

    #[test]
    fn signed_numbers_of_the_standard() {
        let mut bits = Bits::new(&[0b0100_1100, 0], 0);
        assert_eq!([bits.signed(1), bits.signed(1), bits.signed(2), bits.signed(2)], [-1, 1, -3, 3]);
    }
}
