//! Enumerations that are signed: each value has a number (on the wire), a code (for programs) and
//! plain words (for people), and the three stand on one line so that they cannot drift apart.
//! Numbers and codes are stable: a value may be added, never changed or reused.

/// Declares one such enumeration; the words are also its documentation.
macro_rules! coded {
    ($(#[$attribute:meta])* pub enum $name:ident {
        $($variant:ident = $number:literal, $code:literal, $words:literal;)+
    }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $(#[doc = $words] $variant,)+ }

        impl $name {
            /// Every value, in the order of the numbers.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable code for programs.
            #[must_use]
            pub const fn as_code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The number on the wire.
            pub(crate) const fn number(self) -> u8 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// The value with this number on the wire.
            pub(crate) fn from_number(number: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.number() == number)
            }

            /// The value with this code.
            pub(crate) fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_code() == code)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $words,)+ })
            }
        }
    };
}

pub(crate) use coded;
