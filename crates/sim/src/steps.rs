//! Which of a run's steps are taken, so that a failing run can be made shorter.
//!
//! Steps are numbered from 1 over all days. Each has random numbers of its own, made from the seed
//! and its number: leaving one out does not change what the others want.

use std::fmt;
use std::str::FromStr;

/// Some steps, in order, each once. Written as `3,17-19`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps(Vec<u32>);

/// Why a text does not name steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseStepsError;

impl fmt::Display for ParseStepsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("steps are written as 3,17-19")
    }
}

impl std::error::Error for ParseStepsError {}

impl Steps {
    /// These steps.
    pub fn of(steps: impl IntoIterator<Item = u32>) -> Self {
        let mut steps: Vec<u32> = steps.into_iter().collect();
        steps.sort_unstable();
        steps.dedup();
        Self(steps)
    }

    /// Whether this step is taken.
    pub fn has(&self, step: u32) -> bool {
        self.0.binary_search(&step).is_ok()
    }

    /// All of them.
    pub fn all(&self) -> &[u32] {
        &self.0
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, run) in self.0.chunk_by(|a, b| a + 1 == *b).enumerate() {
            let comma = if index > 0 { "," } else { "" };
            match run {
                [first, .., last] => write!(f, "{comma}{first}-{last}")?,
                _ => write!(f, "{comma}{}", run[0])?,
            }
        }
        Ok(())
    }
}

impl FromStr for Steps {
    type Err = ParseStepsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self(Vec::new()));
        }
        let number = |text: &str| text.parse::<u32>().map_err(|_| ParseStepsError);
        let mut steps = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            steps.extend(number(first)?..=number(last)?);
        }
        Ok(Self::of(steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_written_as_people_write_them_and_read_again() {
        for text in ["7", "3,17-19", "1-2,4", "none"] {
            assert_eq!(text.parse::<Steps>().unwrap().to_string(), text);
        }
        assert_eq!(Steps::of([5, 3, 4, 4, 9]).to_string(), "3-5,9");
        assert!("3,x".parse::<Steps>().is_err());
    }
}
