//! The real program against its own OpenAPI document.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use ordermill_faults::{Program, Running};

use super::Step;
use crate::api_fuzz::{fuzz, install};
use crate::command::cargo;
use crate::machine::Tool;

pub(super) const STEP: Step = Step {
    name: "api",
    about: "the whole API by schemathesis: no server error, no undocumented answer, several seeds",
    needs: &[Tool::Python],
    run: |context| {
        context.build()?;
        let schemathesis = &install()?;
        // Half of the time goes to whoever sends the requests; side by side, the seeds fill the machine.
        let tried: Vec<Result<()>> = std::thread::scope(|scope| {
            let seeds = SEEDS.map(|seed| scope.spawn(move || try_seed(schemathesis, seed)));
            let died = |_| Err(anyhow!("the run of a seed died"));
            seeds.map(|seed| seed.join().unwrap_or_else(died)).into()
        });
        tried.into_iter().collect::<Result<()>>()?;
        Ok(format!("{} seeds, {EXAMPLES} examples an operation", SEEDS.len()))
    },
};

/// Each seed makes other requests.
const SEEDS: [u32; 3] = [1, 20_261_122, 4_711];
/// Requests made up for each operation and phase.
const EXAMPLES: u32 = 20;
/// A debug build takes its time to make the merchant.
const READY_WITHIN: Duration = Duration::from_secs(180);
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// Fuzzes a shop of its own with a seed, and says what came of it when it is over.
fn try_seed(schemathesis: &Path, seed: u32) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot make a folder for the demo's data")?;
    let server = Server::start(folder.path().join("data"))?;
    let report = folder.path().join("report");
    let fuzzed = server.fuzz(schemathesis, seed, &report);
    let mut told = std::fs::read_to_string(&report).unwrap_or_default();
    if fuzzed.is_err() {
        told.push_str(&server.running.output());
    }
    // At one go: other seeds have something to say, too.
    std::io::stdout().lock().write_all(format!("seed {seed}:\n{told}\n").as_bytes())?;
    fuzzed.with_context(|| format!("with seed {seed}"))?;
    server.stop()
}

/// The demo at work; ends when dropped.
struct Server {
    running: Running,
    url: String,
    key: String,
}

impl Server {
    fn start(data: PathBuf) -> Result<Self> {
        let program = program().context("where is the program?")?;
        let mut running = Program::new(program)
            .args([
                "demo",
                "--pace",
                "0",
                "--past-orders",
                "60",
                "--listen",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(&data)
            .own_group()
            .start()?;
        let line = running.wait_for_line("listening on http://", READY_WITHIN)?;
        let after = |line: &str, mark: &str| {
            let found = line.split_once(mark).and_then(|(_, rest)| rest.split_whitespace().next());
            found.map(str::to_owned).with_context(|| format!("no {mark:?} in {line:?}"))
        };
        let url = format!("http://{}", after(&line, "listening on http://")?);
        let sign_ins = std::fs::read_to_string(data.join("demo-sign-ins.txt"))
            .context("the demo keeps its sign-ins in its data directory")?;
        let key = sign_ins.lines().find_map(|line| line.strip_prefix("API key"));
        let key = key.context("the demo has a key with all scopes")?.trim().to_owned();
        Ok(Self { running, url, key })
    }

    fn fuzz(&self, schemathesis: &Path, seed: u32, report: &Path) -> Result<()> {
        let options = [
            "--header".to_owned(),
            format!("Authorization: Bearer {}", self.key),
            "--seed".to_owned(),
            seed.to_string(),
            "--max-examples".to_owned(),
            EXAMPLES.to_string(),
            "--workers".to_owned(),
            "1".to_owned(),
            "--request-timeout".to_owned(),
            "10".to_owned(),
            // A stream does not end, and a node that is well says so whatever it is sent.
            "--exclude-path".to_owned(),
            "/api/v1/events".to_owned(),
            // Signed by partners: without their keys every call is refused alike.
            "--exclude-path-regex".to_owned(),
            "^/gateways/".to_owned(),
        ];
        let report = std::fs::File::create(report).context("cannot write the report")?;
        let document = format!("{}/api/v1/openapi.json", self.url);
        fuzz(schemathesis, &document, &options, Some(&report))
    }

    fn stop(mut self) -> Result<()> {
        self.running.terminate(ENDS_WITHIN)?;
        Ok(())
    }
}

/// Where cargo puts the program that it builds.
fn program() -> Result<PathBuf> {
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => PathBuf::from(target),
        None => {
            let mut metadata = cargo();
            metadata.args(["locate-project", "--workspace", "--message-format", "plain"]);
            let root = metadata.output().context("cargo does not say where we are")?.stdout;
            let root = PathBuf::from(String::from_utf8(root)?.trim());
            root.parent().context("a workspace is in a folder")?.join("target")
        }
    };
    Ok(target.join("debug").join("ordermill"))
}
