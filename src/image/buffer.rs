//! The values of an image in memory: owned, or shared with another owner.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A list of values that it owns, or that belong to something else, such as an array of another language.
///
/// It is used like a slice. Shared values are copied when they are changed.
///
/// ```
/// use std::sync::Arc;
/// use nucleoscope::image::Buffer;
///
/// let array: Arc<[u8]> = Arc::from([3, 1, 2]);
/// let mut buffer = Buffer::shared(array.clone());
/// assert_eq!(buffer.as_ptr(), array.as_ptr());
///
/// buffer.sort_unstable();
/// assert_eq!((&*buffer, &*array), (&[1, 2, 3][..], &[3, 1, 2][..]));
/// ```
#[derive(Clone)]
pub struct Buffer<T>(Storage<T>);

#[derive(Clone)]
enum Storage<T> {
    Owned(Vec<T>),
    Shared(Arc<dyn AsRef<[T]> + Send + Sync>),
}

impl<T> Buffer<T> {
    /// The values of an owner, which lives as long as the buffer and its clones.
    pub fn shared(owner: impl AsRef<[T]> + Send + Sync + 'static) -> Self {
        Self(Storage::Shared(Arc::new(owner)))
    }
}

impl<T: Clone> Buffer<T> {
    /// The values as a vector; shared ones are copied.
    pub fn into_vec(self) -> Vec<T> {
        match self.0 {
            Storage::Owned(values) => values,
            Storage::Shared(owner) => owner.as_ref().as_ref().to_vec(),
        }
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Storage::Owned(values) => values,
            Storage::Shared(owner) => owner.as_ref().as_ref(),
        }
    }
}

impl<T: Clone> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        if let Storage::Shared(_) = &self.0 {
            self.0 = Storage::Owned(self.to_vec());
        }
        match &mut self.0 {
            Storage::Owned(values) => values,
            // Not reached: shared values have just been replaced.
            Storage::Shared(_) => &mut [],
        }
    }
}

impl<T> From<Vec<T>> for Buffer<T> {
    fn from(values: Vec<T>) -> Self {
        Self(Storage::Owned(values))
    }
}

impl<T> FromIterator<T> for Buffer<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Vec::from_iter(values).into()
    }
}

impl<T: Clone> IntoIterator for Buffer<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl<T: Clone> Extend<T> for Buffer<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, more: I) {
        let mut values = std::mem::take(self).into_vec();
        values.extend(more);
        *self = values.into();
    }
}

impl<T> Default for Buffer<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T: PartialEq> PartialEq for Buffer<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: fmt::Debug> fmt::Debug for Buffer<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_shared_values_is_not_seen_by_others() {
        let owner: Arc<[f32]> = Arc::from([1.0, 2.0]);
        let buffer = Buffer::shared(Arc::clone(&owner));
        let mut changed = buffer.clone();
        changed[0] = 5.0;
        changed[1] = 6.0;
        assert_eq!((&*changed, &*buffer, &*owner), (&[5.0, 6.0][..], &[1.0, 2.0][..], &[1.0, 2.0][..]));
        assert_eq!(Arc::strong_count(&owner), 2, "the changed buffer no longer refers to the owner");
        assert_eq!(buffer, Buffer::from(vec![1.0, 2.0]));
    }
}
