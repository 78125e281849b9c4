//! What can go wrong between a use case and the disk, sorted by what the caller does about it.

/// Why storage did not do what it was asked. The statement's text and values are never part of the
/// message: they may hold personal data.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row with this key exists already.
    #[error("a unique key is taken")]
    UniqueViolation {
        /// The constraint or the columns, as the engine names them.
        constraint: String,
    },
    /// A rule of the schema (`CHECK`, `NOT NULL`) refused the row.
    #[error("a rule of the schema refused the row: {constraint}")]
    RuleViolation {
        /// The constraint, as the engine names it.
        constraint: String,
    },
    /// Two transactions got in each other's way; doing it again may work.
    #[error("the transaction lost a race and may be repeated")]
    Conflict,
    /// The disk is full; reading goes on.
    #[error("the disk is full")]
    StorageFull,
    /// More waits than the queue holds.
    #[error("too much is waiting to be written")]
    Overloaded,
    /// The database cannot be reached, or the process is stopping.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),
    /// The command panicked; nothing of it was kept.
    #[error("the command panicked")]
    Panicked,
    /// A stored value does not turn into its type.
    #[error("a stored value is not a {what}: {text:?}")]
    Unreadable {
        /// The type that was expected.
        what: &'static str,
        /// What was stored instead.
        text: String,
    },
    /// An update or a read missed a row that must be there.
    #[error("{0} changed or vanished meanwhile")]
    Stale(&'static str),
    /// The engine does not accept a statement or a value, or we make one that cannot be: a defect of
    /// ours, which touches nothing else.
    #[error("a statement or a value is not accepted")]
    Defect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Anything else of the engine, such as a disk that fails.
    #[error("the database failed")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The address of the database cannot be read.
    #[error("{0}")]
    Address(String),
}

impl Error {
    /// A defect of ours, such as a value of our own that does not turn into JSON.
    pub fn defect(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Defect(error.into())
    }

    /// Whether the same batch may succeed when it is run again.
    pub(crate) fn is_worth_repeating(&self) -> bool {
        matches!(self, Self::Conflict)
    }

    /// Whether a transaction that could not be begun or committed for this reason leaves a disk or a
    /// connection behind which nothing later can be trusted to have been written on.
    pub(crate) fn is_fatal_to_connection(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Engine(_) | Self::Defect(_))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        // What is no answer of SQLite's is the driver's: a wrong number of parameters, a column of
        // another type, a text with more than one statement.
        let (rusqlite::Error::SqliteFailure(failure, _)
        | rusqlite::Error::SqlInputError { error: failure, .. }) = &error
        else {
            return Self::Defect(error.into());
        };
        let constraint = || match &error {
            rusqlite::Error::SqliteFailure(_, message) => message.clone().unwrap_or_default(),
            _ => String::new(),
        };
        match (failure.code, failure.extended_code) {
            (
                Code::ConstraintViolation,
                rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | rusqlite::ffi::SQLITE_CONSTRAINT_ROWID,
            ) => Self::UniqueViolation { constraint: constraint() },
            (Code::ConstraintViolation, _) => Self::RuleViolation { constraint: constraint() },
            (Code::DiskFull, _) => Self::StorageFull,
            (Code::DatabaseBusy | Code::DatabaseLocked, _) => Self::Conflict,
            // `Unknown` is SQLITE_ERROR: no such table, no such column, bad grammar.
            (
                Code::Unknown
                | Code::TypeMismatch
                | Code::ParameterOutOfRange
                | Code::TooBig
                | Code::ApiMisuse,
                _,
            ) => Self::Defect(error.into()),
            _ => Self::Engine(error.into()),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState as State;
        let Some(db) = error.as_db_error() else {
            return if is_of_the_connection(&error) {
                Self::Unavailable(Some(error.into()))
            } else {
                Self::Defect(error.into())
            };
        };
        let constraint = || db.constraint().unwrap_or_default().to_owned();
        match *db.code() {
            State::UNIQUE_VIOLATION => Self::UniqueViolation { constraint: constraint() },
            State::CHECK_VIOLATION | State::NOT_NULL_VIOLATION => {
                Self::RuleViolation { constraint: constraint() }
            }
            State::T_R_SERIALIZATION_FAILURE | State::T_R_DEADLOCK_DETECTED => Self::Conflict,
            State::DISK_FULL => Self::StorageFull,
            State::ADMIN_SHUTDOWN
            | State::CRASH_SHUTDOWN
            | State::CANNOT_CONNECT_NOW
            | State::TOO_MANY_CONNECTIONS
            // The server has become a standby; the address may lead to another one.
            | State::READ_ONLY_SQL_TRANSACTION => Self::Unavailable(Some(error.into())),
            // The statement before was refused, and its command went on all the same; or a value does
            // not have the bytes of its type.
            State::IN_FAILED_SQL_TRANSACTION | State::PROTOCOL_VIOLATION => {
                Self::Defect(error.into())
            }
            // By class: 08 a connection, 22 a value, 42 a statement or a right.
            ref state => match state.code().get(..2) {
                Some("08") => Self::Unavailable(Some(error.into())),
                Some("22" | "42") => Self::Defect(error.into()),
                _ => Self::Engine(error.into()),
            },
        }
    }
}

/// Whether an error that is no answer of the server tells of the way to it. The driver does not tell
/// its kinds apart, but what it says in front of a failed read or write of the socket is fixed; the
/// other ones are about parameters, columns and rows. An answer that makes no sense counts as a
/// broken way, too: nothing more can be read behind it.
fn is_of_the_connection(error: &tokio_postgres::Error) -> bool {
    const OF_THE_CONNECTION: [&str; 6] = [
        "error communicating with the server",
        "error connecting to server",
        "error performing TLS handshake",
        "timeout waiting for server",
        "unexpected message from server",
        "error parsing response from server",
    ];
    let said = error.to_string();
    error.is_closed() || OF_THE_CONNECTION.iter().any(|start| said.starts_with(start))
}
