//! The words of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Settings;

/// An order management system: shop, console, API and background work in one program.
#[derive(Debug, Parser)]
#[command(name = "ordermill", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the shop, the console and the API, and do the background work
    Serve,
    /// Try everything on a merchant that is made up; its data stays in DATA [default: ./demo-data]
    Demo {
        /// About so many orders a minute by visitors who come by themselves; 0 for none
        #[arg(long, value_name = "N", default_value_t = crate::demo::PACE)]
        pace: u32,
        /// Orders of the ninety days before the first start
        #[arg(long, value_name = "N", default_value_t = crate::demo::PAST_ORDERS)]
        past_orders: usize,
    },
    /// Run a payment gateway, a phone and a mailbox to try things with, misbehaving on request
    #[command(after_long_help = SANDBOX_HELP)]
    Sandbox(Sandbox),
    /// Take in a file: orders, catalog or stock; handed in again, it goes on where it was
    #[command(subcommand)]
    Import(Import),
    /// Write the catalog or the stock to a file, by its name a sheet (.csv) or a workbook (.xlsx)
    #[command(subcommand)]
    Export(Export),
    /// Check the invariants of a database, also while it is in use; exits with 1 if one is broken
    Check,
    /// Look at the audit log's hash chain
    #[command(subcommand)]
    Audit(Audit),
    /// Copy a SQLite database into an empty folder while it is in use
    Backup {
        /// Where to; made if it is not there
        folder: PathBuf,
        /// Put the root key beside it: without the key a backup shows no personal data, to anyone
        #[arg(long)]
        with_root_key: bool,
    },
    /// Bring a backup into an empty data directory, after verifying it
    Restore {
        /// The backup's folder
        folder: PathBuf,
    },
    /// Measure how fast this program is on this machine, each figure beside its limit
    Bench(Bench),
    /// Read orders and store nothing: the limit that a bench is measured beside
    #[command(hide = true)]
    ServeNothing,
    /// Make staff accounts and API keys from the machine itself
    #[command(subcommand)]
    Admin(Admin),
    /// Look at and change the keys that seal personal data and secrets, also while it is in use
    #[command(subcommand)]
    Keys(Keys),
}

/// How the sandbox is set up. It keeps everything in memory and moves no money.
#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// The one merchant that has an account
    #[arg(long, env = "ORDERMILL_SANDBOX_MERCHANT", default_value = crate::partners::MERCHANT)]
    pub(crate) merchant: String,
    /// The key of the merchant's calls; made up and printed if it is not given
    #[arg(long, env = "ORDERMILL_SANDBOX_API_KEY", value_name = "KEY", hide_env_values = true)]
    pub(crate) api_key: Option<String>,
    /// What notices are signed with, whsec_ and base 64; made up and printed if it is not given
    #[arg(
        long,
        env = "ORDERMILL_SANDBOX_NOTICE_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub(crate) notice_secret: Option<String>,
    /// Let other machines reach it: needed to listen beyond loopback
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// A host that notices may go to besides loopback; may be given several times
    #[arg(long = "notify-host", value_name = "HOST")]
    pub(crate) notify_hosts: Vec<String>,
    /// How many seconds a day on the road takes for its carriers' parcels
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400.0, value_parser = carrier_day)]
    pub(crate) carrier_day: f64,
}

/// From a twentieth of a second, as carriers look at the clock five times in one, to a real day.
fn carrier_day(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected seconds".to_owned())?;
    let is_day = (0.05..=86_400.0).contains(&seconds);
    if is_day { Ok(seconds) } else { Err("expected 0.05 to 86400 seconds".to_owned()) }
}

/// What the sandbox's faults are, for whoever asks with `--help`.
const SANDBOX_HELP: &str = "\
It listens on 127.0.0.1:8090 unless --listen says otherwise. Start a shop beside it with the lines
that it prints. `ordermill demo` has a sandbox of its own and needs none.

  /pay/REFERENCE                     the page where a buyer pays, declines or goes back
  /sms, /mail                        what was sent to phones and mailboxes: login codes
  GET    /control/ledger             every charge and refund that really happened, and the sums
  GET    /control/notices            what became of each notice
  POST   /control/faults             asks for faults; DELETE goes back to good behavior
  POST   /control/payments/ID/buyer  {\"action\": \"pay\"} or \"decline\", without a browser

Faults, as {\"rules\": [{\"fault\": {\"kind\": \"lose_answer\"}, \"call\": \"start\",
\"payment_id\": \"pay_…\", \"times\": 2}]}; without a payment_id the next calls are struck:

  decline             the answer is no: the payment is declined, or the refund fails
  delay               it takes longer, by \"ms\" milliseconds
  unavailable         503 at once; nothing happened
  time_out            no answer ever; nothing happened
  lose_answer         it happened, and the connection closes without an answer
  fail_after_success  it happened, and the answer is 500
  hang_after_success  it happened, and no answer ever comes
  repeat_notice       the notice comes \"count\" times more
  reorder_notice      a later notice of the same payment overtakes this one
  lose_notice         the notice is never sent
  wrong_amount        the notice tells of one cent more than was paid
  wrong_merchant      the notice tells of somebody else's account
  bad_signature       the notice is signed with another secret

Calls: start, query, refund, void, pay, notice; each fault has a usual one. For a share of all calls
send {\"profile\": {\"seed\": 7, \"auto_pay\": true, \"chances\": [{\"percent\": 10, \"fault\":
{\"kind\": \"time_out\"}}]}}: the same seed strikes the same calls.

By hand, an amount brings its own fault: 444.01 is declined, 444.02 loses its notice, .03 repeats
it, .04 tells a wrong amount, .05 a wrong merchant, .06 is badly signed, .07 loses the answer, .08
answers 500 after success, .09 times out, .10 reorders notices, .11 takes five seconds, .12 fails to
refund, .13 loses the answer of the refund.";

/// What a file to be taken in holds.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Orders of a channel: .csv with a row for each line of an order, or .jsonl with an object a line
    Orders {
        /// The file
        file: PathBuf,
        /// Whose orders they are: the channel's code
        #[arg(long, value_name = "CODE")]
        channel: String,
        /// Make the channel if there is none of this code
        #[arg(long)]
        new_channel: bool,
        /// How the file is written, if its name does not say so
        #[arg(long)]
        format: Option<OrderFormat>,
        #[command(flatten)]
        report: ReportArgs,
    },
    /// SKUs, one a line: .csv or .xlsx
    Catalog(Sheet),
    /// Counted pieces by SKU, location, bin and lot: .csv or .xlsx
    Stock(Sheet),
}

/// How a file of orders is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderFormat {
    /// A sheet with one row for each line of an order
    Csv,
    /// One JSON object a line
    Jsonl,
}

/// A sheet to be taken in.
#[derive(Debug, Args)]
pub(crate) struct Sheet {
    /// The file
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// How lines that are wrong are listed.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Where to list what is wrong [default: FILE.problems.csv]
    #[arg(long, value_name = "FILE")]
    pub(crate) problems: Option<PathBuf>,
    /// In which language reasons are told [default: that of the terminal]
    #[arg(long)]
    pub(crate) language: Option<Language>,
}

/// A language of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Chinese
    Zh,
    /// English
    En,
}

impl Language {
    /// That of the terminal, as the system tells it: Chinese, or else English.
    pub(crate) fn of_terminal() -> Self {
        let told =
            ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|it| std::env::var(it).ok());
        match told.into_iter().find(|locale| !locale.is_empty()) {
            Some(locale) if locale.starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }
}

/// What to write.
#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// All SKUs
    Catalog {
        /// The file, .csv or .xlsx
        file: PathBuf,
    },
    /// All stock by SKU, location, bin and lot
    Stock {
        /// The file, .csv or .xlsx
        file: PathBuf,
    },
}

/// What to do with the keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// List them: number, purpose, state, since when, how many values are sealed with each
    List,
    /// Make a new key and seal everything with it that is sealed with another
    Rotate {
        /// What the key is for: seal or token
        #[arg(long, default_value = "seal")]
        purpose: String,
    },
    /// Destroy a retired key that seals nothing any more; what backups hold under it is then gone
    Destroy {
        /// Its number
        key: u32,
    },
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Verify every entry from the first to the last; names the first bad position
    Verify {
        /// A head that was published before, BLOCK:HASH; the chain must contain it
        #[arg(long)]
        head: Option<String>,
    },
}

/// What to make.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Make an API key and print it, once
    ApiKey {
        /// What people call it
        #[arg(long)]
        name: String,
        /// What it may do, such as orders:write; may be given several times
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
    },
    /// Make a sales channel, or change it; its secrets are read from standard input, one a line
    Channel {
        /// A short name for its address: a-z, 0-9 and -
        #[arg(long)]
        code: String,
        /// What speaks through it
        #[arg(long, default_value = "shopify")]
        kind: String,
        /// What people call it [default: the code]
        #[arg(long)]
        name: Option<String>,
        /// Our account there, such as tea.myshopify.com
        #[arg(long)]
        account: String,
        /// A SKU code of the channel and ours, THEIRS=OURS; may be given several times
        #[arg(long = "sku", value_name = "THEIRS=OURS")]
        skus: Vec<String>,
        /// Take the channel's trial orders for real, while it is being set up
        #[arg(long)]
        takes_tests: bool,
    },
    /// Keep what a sales channel is told of parcels with: its access token is read from standard input
    ChannelAccess {
        /// The short name of the channel
        #[arg(long)]
        code: String,
        /// Where its API is, if not where its account says, such as a sandbox
        #[arg(long)]
        url: Option<String>,
    },
    /// Make the first administrator; the password is read from standard input
    Create {
        /// The name to sign in with
        login: String,
        /// What people call them
        #[arg(long)]
        name: Option<String>,
        /// Make one even if there is an administrator already
        #[arg(long)]
        even_if_one_exists: bool,
    },
}

/// What to measure, and how.
#[derive(Debug, Args)]
#[command(after_help = bench_names())]
pub(crate) struct Bench {
    /// A name of the list below, or `all`
    pub(crate) name: String,
    /// Clients at once [default: the number behind each name]
    #[arg(long)]
    pub(crate) connections: Option<usize>,
    /// How long each measurement takes
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,
    /// Orders of the past, for those that have one [default: the number in each text]
    #[arg(long)]
    pub(crate) orders: Option<u64>,
    /// The folder of public instances with known answers, for `optimize`
    #[arg(long, value_name = "DIR")]
    pub(crate) instances: Option<PathBuf>,
    /// Run so often, and give the middle value
    #[arg(long, default_value_t = 1)]
    pub(crate) runs: usize,
    /// A server on which `all` makes and drops databases, to measure on both engines
    #[arg(long, env = "ORDERMILL_TEST_POSTGRES", value_name = "ADDRESS", hide_env_values = true)]
    pub(crate) postgres: Option<String>,
    /// One JSON object for each figure, instead of a table
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// A table of Markdown
    #[arg(long)]
    pub(crate) markdown: bool,
}

fn bench_names() -> String {
    let mut text = "Benches, with their usual number of clients:\n".to_owned();
    for bench in ordermill_bench::BENCHES {
        text.push_str(&format!("  {:<23} {}\n", bench.name, bench.about));
    }
    text.push_str("  all                     every figure of docs/performance.md\n\n");
    text.push_str(
        "--database is sqlite, sqlite:FOLDER or postgres://USER@HOST/NAME; databases for\n",
    );
    text.push_str("measuring are made and dropped there, existing ones are never touched.");
    text
}
