//! Each fault is shown to happen, on targets simple enough that nothing else can be the cause.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use ordermill_faults::{
    Fault, Injection, Postgres, PostgresOptions, Program, ProgramError, Proxy, Strace, Tmpfs,
    TmpfsError, eventually,
};

const SOON: Duration = Duration::from_secs(10);

fn shell(script: &str) -> Program {
    Program::new("sh").args(["-c", script])
}

/// Answers each byte with the same byte.
fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut echo = stream.try_clone().unwrap();
                std::io::copy(&mut stream, &mut echo)
            });
        }
    });
    address
}

fn client_of(proxy: &Proxy) -> TcpStream {
    let client = TcpStream::connect(proxy.address()).unwrap();
    client.set_read_timeout(Some(SOON)).unwrap();
    client
}

#[test]
fn a_killed_program_is_gone_and_its_last_words_are_kept() {
    let mut program = shell("echo ready; exec sleep 60").start().unwrap();
    assert_eq!(program.wait_for_line("read", SOON).unwrap(), "ready");
    let status = program.kill().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    assert_eq!(program.output(), "ready\n");
    program.resume().unwrap(); // Nothing is sent to a process that is gone.
}

#[test]
fn a_program_that_is_asked_to_end_may_clean_up() {
    let script = "trap 'echo cleaned; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
    let mut program = shell(script).start().unwrap();
    program.wait_for_line("ready", SOON).unwrap();
    assert_eq!(program.terminate(SOON).unwrap().code(), Some(3));
    assert!(program.output().ends_with("cleaned\n"), "{}", program.output());
}

#[test]
fn a_program_that_dies_instead_of_getting_ready_is_reported_with_what_it_said() {
    let mut program = shell("echo no such database >&2; exit 2").start().unwrap();
    let error = program.wait_for_line("listening", SOON).unwrap_err();
    assert!(matches!(&error, ProgramError::Ended { status, .. } if status.code() == Some(2)));
    assert!(error.to_string().contains("no such database"), "{error}");

    let missing = Program::new("no-such-program").start().unwrap_err();
    assert!(matches!(missing, ProgramError::Start { .. }), "{missing}");
}

#[test]
fn a_paused_program_says_nothing_until_it_is_resumed() {
    let mut program = shell("while :; do echo tick; sleep 0.02; done").start().unwrap();
    program.wait_for_line("tick", SOON).unwrap();
    program.pause().unwrap();
    let state = format!("/proc/{}/stat", program.pid());
    let stopped = || std::fs::read_to_string(&state).unwrap().contains(") T ");
    assert!(eventually(SOON, stopped), "still running");
    let heard = program.output().len();
    program.resume().unwrap();
    program.wait_until("another tick", SOON, || !stopped()).unwrap();
    assert!(eventually(SOON, || program.output().len() > heard));
}

#[test]
fn an_honest_proxy_changes_nothing() {
    let proxy = Proxy::start(echo_server()).unwrap();
    let mut client = client_of(&proxy);
    let sent: Vec<u8> = (0..200_000_u32).map(|at| (at % 251) as u8).collect();
    let mut writer = client.try_clone().unwrap();
    let to_send = sent.clone();
    let sender = std::thread::spawn(move || {
        writer.write_all(&to_send).unwrap();
        writer.shutdown(std::net::Shutdown::Write).unwrap();
    });
    let mut received = Vec::new();
    client.read_to_end(&mut received).unwrap();
    sender.join().unwrap();
    assert!(received == sent, "{} of {} bytes came back", received.len(), sent.len());
    assert_eq!(proxy.accepted(), 1);
}

#[test]
fn a_delayed_answer_takes_its_time_and_a_dripping_one_longer() {
    let proxy = Proxy::start(echo_server()).unwrap();
    let mut client = client_of(&proxy);
    let mut byte = [0; 4];

    proxy.answers(Fault::Delay(Duration::from_millis(150)));
    let start = Instant::now();
    client.write_all(b"late").unwrap();
    client.read_exact(&mut byte).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(150), "{:?}", start.elapsed());

    proxy.answers(Fault::Drip { bytes: 1, every: Duration::from_millis(60) });
    let start = Instant::now();
    client.write_all(b"drip").unwrap();
    client.read_exact(&mut byte).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(180), "{:?}", start.elapsed());
    assert_eq!(&byte, b"drip");
}

#[test]
fn a_silent_network_holds_everything_back_until_it_heals() {
    let proxy = Proxy::start(echo_server()).unwrap();
    let mut client = client_of(&proxy);
    proxy.requests(Fault::Silence);
    client.write_all(b"hello").unwrap();
    client.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut answer = [0; 5];
    let error = client.read(&mut answer).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");

    proxy.requests(Fault::None);
    client.set_read_timeout(Some(SOON)).unwrap();
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
}

#[test]
fn a_cut_is_an_orderly_end_after_so_many_bytes() {
    let proxy = Proxy::start(echo_server()).unwrap();
    proxy.answers(Fault::CutAfter(7));
    let mut client = client_of(&proxy);
    client.write_all(b"0123456789").unwrap();
    let mut received = Vec::new();
    client.read_to_end(&mut received).unwrap();
    assert_eq!(received, b"0123456");
}

#[test]
fn a_reset_is_an_error_after_so_many_bytes() {
    let proxy = Proxy::start(echo_server()).unwrap();
    proxy.answers(Fault::ResetAfter(4));
    let mut client = client_of(&proxy);
    client.write_all(b"0123456789").unwrap();
    let mut first = [0; 4];
    client.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"0123");
    assert_eq!(client.read(&mut first).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn all_open_connections_can_be_reset_and_new_ones_refused() {
    let proxy = Proxy::start(echo_server()).unwrap();
    let mut client = client_of(&proxy);
    let mut byte = [0];
    client.write_all(b"x").unwrap();
    client.read_exact(&mut byte).unwrap();
    proxy.reset_all();
    assert_eq!(client.read(&mut byte).unwrap_err().kind(), ErrorKind::ConnectionReset);

    proxy.refuse(true);
    let mut refused = client_of(&proxy);
    assert_eq!(refused.read(&mut byte).unwrap_err().kind(), ErrorKind::ConnectionReset);

    proxy.refuse(false);
    let mut welcome = client_of(&proxy);
    welcome.write_all(b"y").unwrap();
    welcome.read_exact(&mut byte).unwrap();
    assert_eq!(&byte, b"y");
}

#[test]
fn a_full_disk_refuses_the_next_byte_and_takes_it_again_when_there_is_room() {
    let disk = match Tmpfs::mount(1 << 20) {
        Ok(disk) => disk,
        // Where mounting is not allowed, saying so is what the kit promises.
        Err(TmpfsError::NotAllowed(said)) => return assert!(!said.is_empty()),
        Err(error) => panic!("{error}"),
    };
    assert!(disk.free().unwrap() > 900_000);
    disk.fill().unwrap();
    assert_eq!(disk.free().unwrap(), 0);
    let file = disk.path().join("order");
    assert_eq!(std::fs::write(&file, b"x").unwrap_err().kind(), ErrorKind::StorageFull);
    disk.empty().unwrap();
    std::fs::write(&file, b"x").unwrap();
    let path = disk.path().to_owned();
    drop(disk);
    assert!(!path.exists(), "still mounted at {}", path.display());
}

#[test]
fn a_failing_disk_answers_the_chosen_call_with_the_chosen_error() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let file = folder.path().join("file");
    let strace = Strace::new().nth("fsync,fdatasync", 1, Injection::Error("EIO")).log(&log);
    let script = format!(
        "echo data > {0}; sync {0}; echo first=$?; sync {0}; echo second=$?",
        file.display()
    );
    let mut program = shell(&script).under(strace).start().unwrap();
    program.wait(SOON).unwrap();
    // Each `sync` is a process of its own, so the first call of each one fails.
    assert!(program.output().contains("first=1\n"), "{}", program.output());
    assert!(eventually(SOON, || std::fs::read_to_string(&log).unwrap().contains("INJECTED")));
}

#[test]
fn a_slow_disk_takes_its_time() {
    let delay = Duration::from_millis(300);
    let strace = Strace::new().each("fsync,fdatasync", Injection::Delay(delay));
    let file = tempfile::NamedTempFile::new().unwrap();
    let start = Instant::now();
    let mut program = Program::new("sync").arg(file.path()).under(strace).start().unwrap();
    assert!(program.wait(SOON).unwrap().success(), "{}", program.output());
    assert!(start.elapsed() >= delay, "{:?}", start.elapsed());
}

#[test]
fn a_process_can_die_inside_a_chosen_call() {
    let strace = Strace::new().nth("write", 2, Injection::Kill);
    let mut program = shell("echo one; echo two; echo three").under(strace).start().unwrap();
    let status = program.wait(SOON).unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    assert!(program.output().starts_with("one\n") && !program.output().contains("three"));
}

#[test]
fn a_database_server_comes_back_after_a_power_failure() {
    let mut postgres =
        Postgres::start(PostgresOptions { fsync: false, ..Default::default() }).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], postgres.port()));
    assert!(TcpStream::connect(address).is_ok());
    postgres.kill().unwrap();
    assert!(eventually(SOON, || TcpStream::connect(address).is_err()), "still answers");
    postgres.restart().unwrap();
    assert!(TcpStream::connect(address).is_ok());
    assert!(postgres.url().ends_with(&format!("@127.0.0.1:{}/postgres", postgres.port())));
}
