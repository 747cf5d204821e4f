//! Values that have been read but not yet given out.

/// A value that a reader has looked at. `finish` turns it into the value itself, once nothing is wrong.
#[derive(Debug)]
#[must_use = "give it to `finish`, which turns it into the value"]
pub struct Checked<T>(Option<T>);

impl<T> Checked<T> {
    pub(super) fn right(value: T) -> Self {
        Self(Some(value))
    }

    /// The reader has noted what is wrong.
    pub(super) fn wrong() -> Self {
        Self(None)
    }

    /// The value, if it is right: for checks that concern several fields at once.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    pub(super) fn map<U>(self, f: impl FnOnce(T) -> U) -> Checked<U> {
        Checked(self.0.map(f))
    }
}

/// What `finish` takes: one [`Checked`] value, a tuple of up to eight, or `()`.
pub trait Values {
    /// The same, with the values themselves.
    type Output;

    /// All values, or `None` if one is wrong.
    fn all(self) -> Option<Self::Output>;
}

impl Values for () {
    type Output = ();

    fn all(self) -> Option<()> {
        Some(())
    }
}

impl<T> Values for Checked<T> {
    type Output = T;

    fn all(self) -> Option<T> {
        self.0
    }
}

macro_rules! values_of_tuple {
    ($($letter:ident)+) => {
        impl<$($letter),+> Values for ($(Checked<$letter>,)+) {
            type Output = ($($letter,)+);

            #[expect(non_snake_case, reason = "the macro names values by their types")]
            fn all(self) -> Option<Self::Output> {
                let ($($letter,)+) = self;
                Some(($($letter.0?,)+))
            }
        }
    };
}

values_of_tuple!(A);
values_of_tuple!(A B);
values_of_tuple!(A B C);
values_of_tuple!(A B C D);
values_of_tuple!(A B C D E);
values_of_tuple!(A B C D E F);
values_of_tuple!(A B C D E F G);
values_of_tuple!(A B C D E F G H);
