//! Enums that are stored and served as short texts.

/// A text that is none of the codes of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what}")]
pub struct UnknownCode {
    /// The name of the type that was read.
    pub what: &'static str,
}

/// Defines an enum whose variants have stable codes: `coded! { /// … enum Color { /// … Red = "red" } }`.
///
/// Gives `ALL`, `code`, `from_code`, `Display`, `FromStr` and serde by the code. A code never
/// changes once released: it stands in databases, journals and webhooks.
macro_rules! coded {
    ($(#[$doc:meta])* enum $name:ident { $($(#[$about:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$about])* $variant,)+ }

        impl $name {
            /// Every value, in the order in which they are declared.
            pub const ALL: [Self; [$($code),+].len()] = [$(Self::$variant),+];

            /// The stable text that is stored and served.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// Reads a code; fails for a text that none of the values has.
            pub fn from_code(code: &str) -> Result<Self, $crate::UnknownCode> {
                match code {
                    $($code => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownCode { what: stringify!($name) }),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.code())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownCode;
            fn from_str(code: &str) -> Result<Self, Self::Err> {
                Self::from_code(code)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let code = <::std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::from_code(&code).map_err(::serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use coded;

/// The table of a life cycle, one legal step a line, for the snapshots of the tests.
#[cfg(test)]
pub(crate) fn life_cycle<State: Copy + std::fmt::Debug, Step: Copy + std::fmt::Debug, E>(
    states: impl IntoIterator<Item = State>,
    steps: &[Step],
    after: impl Fn(State, Step) -> Result<State, E>,
) -> String {
    let mut table = String::new();
    for from in states {
        for &step in steps {
            if let Ok(to) = after(from, step) {
                table.push_str(&format!("{from:?} --{step:?}--> {to:?}\n"));
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use crate::order::CancelReason;

    #[test]
    fn codes_read_back_and_unknown_ones_are_refused() {
        for reason in CancelReason::ALL {
            assert_eq!(reason.code().parse(), Ok(reason));
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(serde_json::from_str::<CancelReason>(&json).unwrap(), reason);
        }
        let unknown = CancelReason::from_code("Unpaid").unwrap_err();
        assert_eq!(unknown.to_string(), "unknown CancelReason");
    }
}
