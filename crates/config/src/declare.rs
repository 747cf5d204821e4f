//! Declaration of settings: the macro `settings!` makes a struct and the way it is loaded.

use figment::value::Value;

use super::Key;
use super::loader::Loader;

/// A type of value. Implemented by the type itself where all its values are checked alike, else by a
/// marker: `idle_timeout: Duration` and `reap_deadline: Duration = Deadline`.
pub(super) trait Kind {
    /// What the settings hold.
    type Output;

    /// The value of a variable's or flag's text. It stays a string unless the kind asks for something else,
    /// so that a password made of digits is not a number.
    fn read(text: &str) -> Value {
        text.into()
    }

    /// The checked value, or what is wrong with it as the end of a sentence that begins with the key.
    fn check(value: &Value) -> Result<Self::Output, String>;
}

/// A part of the settings: a key, a secret with its `_file` form, a section, or keys that sections share.
/// Above the sections `section` is empty, and the name is a section's.
pub(super) trait Part {
    /// What the settings hold.
    type Output;

    /// The part's value. `None` after a problem has been reported.
    fn load(section: &str, name: &str, loader: &mut Loader) -> Option<Self::Output>;
}

impl<K: Kind> Part for K {
    type Output = K::Output;

    fn load(section: &str, name: &str, loader: &mut Loader) -> Option<K::Output> {
        loader.load::<K>(&Key::new(section, name))
    }
}

/// A part that is `None` where nothing of it is set.
impl<P: Part> Part for Option<P> {
    type Output = Option<P::Output>;

    fn load(section: &str, name: &str, loader: &mut Loader) -> Option<Self::Output> {
        if loader.lists_keys || loader.sets(section, name) {
            P::load(section, name, loader).map(Some)
        } else {
            Some(None)
        }
    }
}

/// Structs of settings. A field is `name: Type`, where the type is a [`Part`], or `name: Type = Part`.
macro_rules! settings {
    ($($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$doc:meta])* $field:ident: $type:ty $(= $part:ty)?,)*
    })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $crate::declare::Part for $name {
            type Output = Self;

            fn load(
                section: &str,
                name: &str,
                loader: &mut $crate::loader::Loader,
            ) -> Option<Self> {
                use $crate::declare::{Part, part};
                let section = if section.is_empty() { name } else { section };
                // Every field is loaded before the first problem ends it, so that all are reported.
                $(let $field = <part!($type $(, $part)?) as Part>::load(section, stringify!($field), loader);)*
                Some(Self { $($field: $field?,)* })
            }
        }
    )*};
}

macro_rules! part {
    ($type:ty) => {
        $type
    };
    ($type:ty, $part:ty) => {
        $part
    };
}

pub(super) use {part, settings};
