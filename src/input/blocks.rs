//! Reading a file of which ranges of bytes can be read, such as a browser's `Blob`, as a seekable stream.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// A file of which ranges of bytes can be read.
pub trait ReadRange {
    /// The number of bytes of the file.
    fn size(&self) -> u64;

    /// Reads a range of bytes, which is within the file.
    ///
    /// # Errors
    /// The file cannot be read.
    fn read_range(&self, range: Range<u64>) -> io::Result<Vec<u8>>;
}

/// A seekable reader that reads a file one block at a time.
///
/// Archives are read in many small steps. The first block is about as small as a file with a mask; each block
/// that directly follows the previous one is twice as large.
#[derive(Debug, Clone)]
pub struct BlockReader<F> {
    file: F,
    position: u64,
    block_start: u64,
    block: Vec<u8>,
}

const FIRST_BLOCK: u64 = 1 << 13;
const LARGEST_BLOCK: u64 = 1 << 18;

impl<F: ReadRange> BlockReader<F> {
    /// A reader at the beginning of the file. Nothing is read yet.
    pub fn new(file: F) -> Self {
        Self { file, position: 0, block_start: 0, block: Vec::new() }
    }

    fn fetch(&mut self) -> io::Result<()> {
        let length = self.block.len() as u64;
        let continues = length > 0 && self.position == self.block_start + length;
        let next = if continues { (2 * length).clamp(FIRST_BLOCK, LARGEST_BLOCK) } else { FIRST_BLOCK };
        let size = self.file.size();
        self.block =
            self.file.read_range(self.position.min(size)..self.position.saturating_add(next).min(size))?;
        self.block_start = self.position;
        Ok(())
    }

    /// The bytes of the block from the position on; `None` if the position is outside the block.
    fn rest_of_block(&self) -> Option<&[u8]> {
        let offset = usize::try_from(self.position.checked_sub(self.block_start)?).ok()?;
        self.block.get(offset..).filter(|rest| !rest.is_empty())
    }
}

impl<F: ReadRange> Read for BlockReader<F> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.rest_of_block().is_none() {
            self.fetch()?;
        }
        let rest = self.rest_of_block().unwrap_or_default();
        let count = rest.len().min(target.len());
        target[..count].copy_from_slice(&rest[..count]);
        self.position += count as u64;
        Ok(count)
    }

    fn read_to_end(&mut self, target: &mut Vec<u8>) -> io::Result<usize> {
        let size = self.file.size();
        let rest = self.file.read_range(self.position.min(size)..size)?;
        self.position += rest.len() as u64;
        target.extend_from_slice(&rest);
        Ok(rest.len())
    }
}

impl<F: ReadRange> Seek for BlockReader<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.file.size().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = moved.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    struct Ranges<'a> {
        bytes: &'a [u8],
        read: &'a RefCell<Vec<Range<u64>>>,
    }

    impl ReadRange for Ranges<'_> {
        fn size(&self) -> u64 {
            self.bytes.len() as u64
        }

        fn read_range(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
            self.read.borrow_mut().push(range.clone());
            Ok(self.bytes[range.start as usize..range.end as usize].to_vec())
        }
    }

    #[test]
    fn blocks_that_follow_each_other_grow_and_a_seek_starts_small_again() {
        let bytes: Vec<u8> = (0..60_000_u32).map(|place| (place % 251) as u8).collect();
        let read = RefCell::new(Vec::new());
        let mut reader = BlockReader::new(Ranges { bytes: &bytes, read: &read });
        let mut beginning = vec![0; 30_000];
        reader.read_exact(&mut beginning).unwrap();
        assert_eq!(beginning, bytes[..30_000]);
        assert_eq!(read.take(), [0..8192, 8192..24_576, 24_576..57_344]);

        let mut few = [0; 4];
        assert_eq!(reader.seek(SeekFrom::End(-3)).unwrap(), 59_997);
        assert_eq!(reader.read(&mut few).unwrap(), 3);
        assert_eq!(reader.read(&mut few).unwrap(), 0);
        assert_eq!(read.take(), [59_997..60_000, 60_000..60_000]);

        reader.seek(SeekFrom::Start(100)).unwrap();
        reader.read_exact(&mut few).unwrap();
        assert_eq!(few, bytes[100..104]);
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, bytes[104..]);
        assert_eq!(read.take(), [100..8292, 104..60_000]);
        assert!(reader.seek(SeekFrom::Current(-60_001)).is_err());
    }

    #[test]
    fn beyond_the_end_there_is_nothing() {
        let read = RefCell::new(Vec::new());
        let mut reader = BlockReader::new(Ranges { bytes: b"abc", read: &read });
        reader.seek(SeekFrom::Start(u64::MAX)).unwrap();
        assert_eq!(reader.read(&mut [0; 2]).unwrap(), 0);
        assert_eq!(reader.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
}
