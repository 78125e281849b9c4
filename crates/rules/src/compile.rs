//! Conditions: text in, a checked expression out.

use std::thread;

use cel::Program;
use cel::objects::Value;

use crate::check::{self, Checked};
use crate::document::{Field, Prepared};
use crate::limits::{COMPILE_STACK_BYTES, CONDITION_BYTES_MAX, OPENERS_MAX};
use crate::table::Outcome;

/// A place in a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Position {
    /// Its line, from 1.
    pub line: usize,
    /// Its character in that line, from 1.
    pub column: usize,
    /// The characters before it.
    pub offset: usize,
}

/// Why a condition does not compile, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (line {}, column {})", at.line, at.column)]
pub struct ConditionError {
    /// Where.
    pub at: Position,
    /// Why.
    pub reason: Reason,
}

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Nothing is written.
    #[error("the condition is empty")]
    Empty,
    /// It is longer than a condition may be.
    #[error("the condition is longer than {CONDITION_BYTES_MAX} bytes")]
    TooLong,
    /// It goes down too many levels.
    #[error("the condition is nested too deeply")]
    TooDeep,
    /// It could take too many steps.
    #[error("the condition could take {steps} steps, more than {max}")]
    TooMuchWork {
        /// Its steps at worst.
        steps: u64,
        /// How many a condition may take.
        max: u64,
    },
    /// It is not an expression.
    #[error("the condition cannot be read: {0}")]
    Syntax(String),
    /// A name that the document does not have.
    #[error("there is no field {0}")]
    UnknownField(String),
    /// A function that conditions do not have.
    #[error("there is no function {0}")]
    UnknownFunction(String),
    /// Something of the language that conditions do without.
    #[error("{0} cannot be used in a condition")]
    NotAllowed(&'static str),
    /// A name of a loop that is also a field.
    #[error("{0} is a field and cannot be the name in a loop")]
    Shadows(String),
    /// An operand of the wrong type.
    #[error("{what} needs {needed}, and this is {found}")]
    Type {
        /// The operator or function.
        what: String,
        /// The type that it needs.
        needed: &'static str,
        /// The type that is there.
        found: &'static str,
    },
    /// No thread could be started to compile on, or it ended early.
    #[error("the condition could not be compiled")]
    Compiler,
}

/// A compiled condition.
#[derive(Debug)]
pub struct Condition {
    program: Program,
    checked: Checked,
}

impl Condition {
    /// Compiles a condition over a document with these fields.
    ///
    /// Runs on a thread of its own with room for the parser's recursion: for whoever saves a table,
    /// not for every order.
    pub fn compile(text: &str, fields: &'static [Field]) -> Result<Self, ConditionError> {
        let start = Position { line: 1, column: 1, offset: 0 };
        let failed = |reason| ConditionError { at: start, reason };
        if text.trim().is_empty() {
            return Err(failed(Reason::Empty));
        }
        if text.len() > CONDITION_BYTES_MAX {
            return Err(failed(Reason::TooLong));
        }
        if let Some(at) = too_many_openers(text) {
            return Err(ConditionError { at: position(text, at), reason: Reason::TooDeep });
        }
        let owned = text.to_owned();
        thread::Builder::new()
            .name("compile-condition".to_owned())
            .stack_size(COMPILE_STACK_BYTES)
            .spawn(move || compile(&owned, fields))
            .map_err(|_| failed(Reason::Compiler))?
            .join()
            .unwrap_or_else(|_| Err(failed(Reason::Compiler)))
    }

    /// How many steps it may take at worst.
    pub const fn steps(&self) -> u64 {
        self.checked.steps
    }

    /// Whether it reads this field, given by its path: `buyer.orders_before`.
    pub fn reads(&self, path: &str) -> bool {
        self.checked.paths.iter().any(|read| read == path)
    }

    /// The fields that it reads, in their order; those of a list's elements with `[]` behind it.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.checked.paths.iter().map(String::as_str)
    }

    /// What it says of a document.
    pub(crate) fn evaluate(&self, document: &Prepared) -> Outcome {
        use cel::ExecutionError as E;
        match self.program.execute(&document.0) {
            Ok(Value::Bool(true)) => Outcome::Matched,
            Ok(Value::Bool(false)) => Outcome::NotMatched,
            Err(E::NoSuchKey(key)) => Outcome::Missing(self.checked.path_to(&key)),
            Err(E::DivisionByZero(_) | E::RemainderByZero(_)) => {
                Outcome::Failed("division by zero".to_owned())
            }
            Err(E::Overflow(..)) => Outcome::Failed("a number beyond 64 bits".to_owned()),
            // The check of types leaves nothing else; a document that breaks its own declaration
            // would end here.
            Ok(_) | Err(_) => Outcome::Failed("it cannot be evaluated".to_owned()),
        }
    }
}

fn compile(text: &str, fields: &'static [Field]) -> Result<Condition, ConditionError> {
    let program = Program::compile(text).map_err(|errors| {
        let first = errors.errors.into_iter().next();
        let (line, column, reason) = first.map_or((1, 1, String::new()), |error| {
            (error.pos.0, error.pos.1, error.msg.lines().next().unwrap_or_default().to_owned())
        });
        let at = position_of_line(text, line, column);
        ConditionError { at, reason: Reason::Syntax(reason) }
    })?;
    match check::check(&program, fields) {
        Ok(checked) => Ok(Condition { program, checked }),
        Err((offset, reason)) => Err(ConditionError { at: position(text, offset), reason }),
    }
}

/// The byte at which the brackets, signs, negations or question marks become more than a parser should go down
/// by. Those within texts count as well: a tokenizer of our own could differ from the parser's.
fn too_many_openers(text: &str) -> Option<usize> {
    let (mut brackets, mut signs, mut choices) = (0, 0, 0);
    let opener = text.char_indices().find(|(_, char)| {
        let count = match char {
            '(' | '[' | '{' => &mut brackets,
            '!' | '-' => &mut signs,
            '?' => &mut choices,
            _ => return false,
        };
        *count += 1;
        *count > OPENERS_MAX
    });
    opener.map(|(byte, _)| byte)
}

/// The place at a byte.
fn position(text: &str, byte: usize) -> Position {
    let before = &text[..text.floor_char_boundary(byte)];
    let line = before.rsplit('\n').next().unwrap_or_default();
    Position {
        line: before.matches('\n').count() + 1,
        column: line.chars().count() + 1,
        offset: before.chars().count(),
    }
}

/// The place at a line and column as the parser counts them, both from 1; it says 0 for "nowhere".
fn position_of_line(text: &str, line: isize, column: isize) -> Position {
    let line = usize::try_from(line).unwrap_or(1).max(1);
    let column = usize::try_from(column).unwrap_or(1).max(1);
    let before = text.split_inclusive('\n').take(line - 1).map(|line| line.chars().count());
    Position { line, column, offset: before.sum::<usize>() + column - 1 }
}
