//! A writer of small JPEG files with random coefficients: baseline and progressive, gray and colour, with
//! subsampling and restarts.

use fastrand::Rng;

/// The properties of a file.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) progressive: bool,
    /// Sampling factors of the components, horizontal and vertical.
    pub(crate) sampling: &'static [(u8, u8)],
    /// MCUs between restart markers; 0 for none.
    pub(crate) restart: u16,
}

/// Files of all kinds.
pub(crate) fn files() -> Vec<Vec<u8>> {
    let gray: &[(u8, u8)] = &[(1, 1)];
    let kinds = [
        (gray, 0),
        (gray, 3),
        (&[(2, 2), (1, 1), (1, 1)], 0),
        (&[(2, 1), (1, 1), (1, 1)], 2),
        (&[(1, 1); 4], 0),
    ];
    let both = [false, true].into_iter().flat_map(|progressive| {
        kinds.map(|(sampling, restart)| file(Kind { progressive, sampling, restart }))
    });
    both.collect()
}

const SIDE: u16 = 32;
/// Number of symbols of the Huffman table for AC coefficients: run and size, and runs of ends of blocks.
const SYMBOLS: [u8; 176] = symbols();

const fn symbols() -> [u8; 176] {
    let mut symbols = [0; 176];
    let mut at = 0;
    while at < 176 {
        symbols[at] = ((at / 11) << 4) as u8 | (at % 11) as u8;
        at += 1;
    }
    symbols
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    fn write(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            self.pending = (self.pending << 1) | ((value >> bit) & 1);
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(self.pending as u8);
                if self.pending as u8 == 0xff {
                    self.bytes.push(0);
                }
                (self.pending, self.count) = (0, 0);
            }
        }
    }

    /// Fills the last byte with ones.
    fn align(&mut self) {
        while self.count != 0 {
            self.write(1, 1);
        }
    }

    /// A value in as many bits as it needs, and before it a symbol with that number in its lower half.
    fn coefficient(&mut self, run: u8, value: i32, is_dc: bool) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        if is_dc {
            self.write(size, 4);
        } else {
            self.write(u32::from(run) * 11 + size, 8);
        }
        self.write(if value < 0 { (value - 1) as u32 } else { value as u32 }, size);
    }
}

fn segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    file.extend([0xff, marker]);
    file.extend((content.len() as u16 + 2).to_be_bytes());
    file.extend(content);
}

fn file(kind: Kind) -> Vec<u8> {
    let Kind { progressive, sampling, restart } = kind;
    let mut random = Rng::with_seed(u64::from(restart) + sampling.len() as u64);
    let mut file = vec![0xff, 0xd8];
    segment(&mut file, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    segment(&mut file, 0xdb, &[&[0][..], &[3; 64]].concat());
    let mut frame = vec![8];
    frame.extend([SIDE.to_be_bytes(), SIDE.to_be_bytes()].concat());
    frame.push(sampling.len() as u8);
    for (number, (across, down)) in (1..).zip(sampling) {
        frame.extend([number, (across << 4) | down, 0]);
    }
    segment(&mut file, if progressive { 0xc2 } else { 0xc0 }, &frame);
    let mut dc = vec![0; 17];
    dc[4] = 12;
    dc.extend(0..12);
    segment(&mut file, 0xc4, &dc);
    let mut ac = vec![0; 17];
    (ac[0], ac[8]) = (0x10, SYMBOLS.len() as u8);
    ac.extend(SYMBOLS);
    segment(&mut file, 0xc4, &ac);
    if restart > 0 {
        segment(&mut file, 0xdd, &restart.to_be_bytes());
    }
    let all: Vec<u8> = (0..sampling.len() as u8).collect();
    if progressive {
        scan(&mut file, kind, &all, [0, 0, 0x01], &mut random);
        all.iter().for_each(|&one| scan(&mut file, kind, &[one], [1, 63, 0], &mut random));
        scan(&mut file, kind, &all, [0, 0, 0x10], &mut random);
    } else {
        scan(&mut file, kind, &all, [0, 63, 0], &mut random);
    }
    file.extend([0xff, 0xd9]);
    file
}

/// A scan of some components: first and last coefficient, and the bits of the approximation.
fn scan(file: &mut Vec<u8>, kind: Kind, components: &[u8], [first, last, bits]: [u8; 3], random: &mut Rng) {
    let mut header = vec![components.len() as u8];
    header.extend(components.iter().flat_map(|component| [component + 1, 0]));
    header.extend([first, last, bits]);
    segment(file, 0xda, &header);
    let sampling = |component: u8| kind.sampling[usize::from(component)];
    let most = |side: fn((u8, u8)) -> u8| kind.sampling.iter().copied().map(side).max().unwrap_or(1);
    let (across, down) = (most(|(across, _)| across), most(|(_, down)| down));
    let side = usize::from(SIDE / 8);
    // A scan of one component has its blocks row by row.
    let (units, blocks) = match components {
        &[one] => {
            let (x, y) = sampling(one);
            let blocks =
                side * usize::from(x) / usize::from(across) * side * usize::from(y) / usize::from(down);
            (blocks, vec![0])
        }
        several => {
            let blocks = several.iter().enumerate();
            let of = |(place, &component): (usize, &u8)| {
                let (x, y) = sampling(component);
                vec![place; usize::from(x * y)]
            };
            (side / usize::from(across) * (side / usize::from(down)), blocks.flat_map(of).collect())
        }
    };
    let mut data = Bits::default();
    for unit in 0..units {
        if kind.restart > 0 && unit > 0 && unit % usize::from(kind.restart) == 0 {
            data.align();
            data.bytes.extend([0xff, 0xd0 + (unit / usize::from(kind.restart) - 1) as u8 % 8]);
        }
        for _ in &blocks {
            block(&mut data, [first, last, bits], random);
        }
    }
    data.align();
    file.extend(data.bytes);
}

fn block(data: &mut Bits, [first, last, bits]: [u8; 3], random: &mut Rng) {
    if first == 0 {
        if bits >> 4 > 0 {
            data.write(random.u32(..2), 1);
            return;
        }
        data.coefficient(0, random.i32(-20..20), true);
    }
    let mut place = first.max(1);
    while place <= last {
        let run = random.u8(..16);
        if place + run > last || random.u8(..) < 64 {
            data.write(0, 8);
            return;
        }
        let value = random.i32(1..12) * if random.bool() { 1 } else { -1 };
        data.coefficient(run, value, false);
        place += run + 1;
    }
}
