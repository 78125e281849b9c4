//! How long and how busy a run is, and what is done in it.

use std::fmt;
use std::str::FromStr;

use crate::{Bug, Steps};

/// What kind of days these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trade {
    /// Everything that can happen, in small numbers, each compared when it has happened.
    Wide,
    /// A rush: hundreds order at once, few of them pay, cancel or come too late.
    Rush,
    /// As wide, and what was ordered is picked, packed and carried to the door.
    Floor,
}

impl Trade {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Wide, Self::Rush, Self::Floor];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Rush => "rush",
            Self::Floor => "floor",
        }
    }
}

impl FromStr for Trade {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|it| it.name() == text).ok_or(())
    }
}

/// How long and how busy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What kind of days.
    pub trade: Trade,
    /// Days of one run; in each evening everything is compared.
    pub days: u32,
    /// Steps of a day.
    pub acts: u32,
    /// Orders that are placed at once, at most.
    pub batch_max: u64,
    /// Only these steps of all days; none: each.
    pub only: Option<Steps>,
    /// A bug to be found.
    pub bug: Option<Bug>,
}

impl Settings {
    /// The usual size of this kind of days.
    pub const fn of(trade: Trade) -> Self {
        let (days, acts, batch_max) = match trade {
            Trade::Wide => (3, 150, 12),
            Trade::Rush => (1, 160, 500),
            Trade::Floor => (2, 320, 12),
        };
        Self { trade, days, acts, batch_max, only: None, bug: None }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::of(Trade::Wide)
    }
}

/// As options of the command line, with a blank before each; what is as usual is left out.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = Self::of(self.trade);
        if self.trade != Self::default().trade {
            write!(f, " --trade {}", self.trade.name())?;
        }
        if self.days != usual.days {
            write!(f, " --days {}", self.days)?;
        }
        if self.acts != usual.acts {
            write!(f, " --acts {}", self.acts)?;
        }
        if self.batch_max != usual.batch_max {
            write!(f, " --batch {}", self.batch_max)?;
        }
        if let Some(bug) = self.bug {
            write!(f, " --bug {bug:?}")?;
        }
        if let Some(only) = &self.only {
            write!(f, " --only {only}")?;
        }
        Ok(())
    }
}
