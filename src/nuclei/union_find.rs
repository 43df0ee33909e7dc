//! Union-find on disjoint sets of numbers (Tarjan 1975), for connected components and basins.

/// Disjoint sets of the numbers from 0. The root of a set is its smallest number.
#[derive(Debug, Clone, Default)]
pub(super) struct UnionFind {
    /// For each number, a smaller number in its set, or the number itself if it is the root.
    parents: Vec<u32>,
}

impl UnionFind {
    /// Creates `count` sets of one number each.
    pub(super) fn new(count: u32) -> Self {
        Self { parents: (0..count).collect() }
    }

    /// Adds the next number, as a separate set.
    pub(super) fn add(&mut self) -> u32 {
        let number = self.parents.len() as u32;
        self.parents.push(number);
        number
    }

    /// The root of a number's set.
    pub(super) fn root(&mut self, mut number: u32) -> u32 {
        // Path halving.
        while self.parents[number as usize] != number {
            let grandparent = self.parents[self.parents[number as usize] as usize];
            self.parents[number as usize] = grandparent;
            number = grandparent;
        }
        number
    }

    /// Merges the sets of two numbers.
    pub(super) fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        self.parents[one.max(other) as usize] = one.min(other);
    }

    /// The roots, in ascending order.
    pub(super) fn roots(&self) -> impl Iterator<Item = u32> {
        self.parents.iter().zip(0..).filter(|&(&parent, number)| parent == number).map(|(&parent, _)| parent)
    }

    /// For each number, the index of its set; sets are ordered by their roots.
    pub(super) fn positions(&self) -> Vec<u32> {
        let mut positions: Vec<u32> = Vec::with_capacity(self.parents.len());
        let mut sets = 0;
        for (number, &parent) in (0..).zip(&self.parents) {
            // The parent is smaller, so its position is already known.
            let position = if parent == number { sets } else { positions[parent as usize] };
            sets = sets.max(position + 1);
            positions.push(position);
        }
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_root_of_joined_sets_is_their_smallest_number() {
        let mut sets = UnionFind::new(4);
        assert_eq!(sets.add(), 4);
        sets.join(4, 2);
        sets.join(3, 4);
        sets.join(2, 3);
        assert_eq!((0..5).map(|number| sets.root(number)).collect::<Vec<_>>(), [0, 1, 2, 2, 2]);
        assert_eq!(sets.roots().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(sets.positions(), [0, 1, 2, 2, 2]);
    }

    proptest! {
        #[test]
        fn two_numbers_are_in_one_set_where_a_chain_of_joins_connects_them(
            joins in prop::collection::vec((0u32..24, 0u32..24), 0..30),
        ) {
            let mut sets = UnionFind::new(24);
            joins.iter().for_each(|&(one, other)| sets.join(one, other));
            // The smallest number of each set, by propagating it along the unions until nothing changes.
            let mut smallest: Vec<u32> = (0..24).collect();
            for _ in 0..24 {
                for &(one, other) in &joins {
                    let least = smallest[one as usize].min(smallest[other as usize]);
                    (smallest[one as usize], smallest[other as usize]) = (least, least);
                }
            }
            let roots: Vec<u32> = (0..24).map(|number| sets.root(number)).collect();
            prop_assert_eq!(&roots, &smallest);
            let sorted: Vec<u32> = sets.roots().collect();
            let positions = sets.positions();
            for (root, position) in roots.iter().zip(positions) {
                prop_assert_eq!(sorted[position as usize], *root);
            }
        }
    }
}
