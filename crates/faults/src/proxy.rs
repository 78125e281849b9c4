//! A network that misbehaves on request: a TCP relay between two programs.
//!
//! Each direction has its own [`Fault`], which can be changed while connections are open.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::SockRef;

/// How soon a change of fault or the end of the proxy is noticed.
const TICK: Duration = Duration::from_millis(10);

/// What happens to the bytes of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// They pass.
    #[default]
    None,
    /// Each piece arrives this much later.
    Delay(Duration),
    /// They trickle: this many bytes (at least one), then a pause.
    Drip {
        /// Bytes between two pauses.
        bytes: usize,
        /// The pause.
        every: Duration,
    },
    /// The connection stays open and nothing arrives, as behind a pulled cable. What was sent
    /// meanwhile arrives when the fault is taken back.
    Silence,
    /// After this many bytes both ends see an orderly end.
    CutAfter(u64),
    /// After this many bytes both ends see a connection reset.
    ResetAfter(u64),
}

/// A relay to one server. Dropping it ends its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    rules: Arc<Rules>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Rules {
    requests: Mutex<Fault>,
    answers: Mutex<Fault>,
    refuse: AtomicBool,
    over: AtomicBool,
    /// Connections opened before this count grew are reset.
    generation: AtomicUsize,
    accepted: AtomicUsize,
}

#[derive(Debug, Clone, Copy)]
enum Direction {
    Request,
    Answer,
}

#[derive(Debug)]
struct Connection {
    client: TcpStream,
    server: TcpStream,
    rules: Arc<Rules>,
    generation: usize,
    over: AtomicBool,
}

impl Proxy {
    /// Relays from a free port on loopback to `server`.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let rules = Arc::new(Rules::default());
        let acceptor = std::thread::spawn({
            let rules = Arc::clone(&rules);
            move || accept(&listener, server, &rules)
        });
        Ok(Self { address, rules, acceptor: Some(acceptor) })
    }

    /// Where clients connect instead of to the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What happens from now on to bytes on their way to the server.
    pub fn requests(&self, fault: Fault) {
        *self.rules.requests.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// What happens from now on to bytes on their way back to the client.
    pub fn answers(&self, fault: Fault) {
        *self.rules.answers.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Whether new connections are reset at once. Those that are open go on.
    pub fn refuse(&self, refuse: bool) {
        self.rules.refuse.store(refuse, Ordering::SeqCst);
    }

    /// Resets every open connection; new ones are taken.
    pub fn reset_all(&self) {
        self.rules.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// How many connections were taken so far.
    pub fn accepted(&self) -> usize {
        self.rules.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.rules.over.store(true, Ordering::SeqCst);
        // Wakes the acceptor; if it is gone already there is nothing to wake.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            drop(acceptor.join());
        }
    }
}

fn accept(listener: &TcpListener, server: SocketAddr, rules: &Arc<Rules>) {
    while let Ok((client, _)) = listener.accept() {
        if rules.over.load(Ordering::SeqCst) {
            return;
        }
        if rules.refuse.load(Ordering::SeqCst) {
            reset_on_close(&client);
            continue;
        }
        rules.accepted.fetch_add(1, Ordering::SeqCst);
        let generation = rules.generation.load(Ordering::SeqCst);
        let Ok(server) = TcpStream::connect_timeout(&server, Duration::from_secs(5)) else {
            reset_on_close(&client);
            continue;
        };
        let rules = Arc::clone(rules);
        let over = AtomicBool::new(false);
        let connection = Arc::new(Connection { client, server, rules, generation, over });
        for direction in [Direction::Request, Direction::Answer] {
            let connection = Arc::clone(&connection);
            std::thread::spawn(move || connection.pump(direction));
        }
    }
}

impl Connection {
    fn pump(&self, direction: Direction) {
        let (from, to) = match direction {
            Direction::Request => (&self.client, &self.server),
            Direction::Answer => (&self.server, &self.client),
        };
        // An error means that the connection is gone, which is the proxy's daily bread.
        if self.relay(direction, from, to).is_err() {
            self.over.store(true, Ordering::SeqCst);
        }
    }

    fn relay(&self, direction: Direction, mut from: &TcpStream, to: &TcpStream) -> io::Result<()> {
        from.set_read_timeout(Some(TICK))?;
        to.set_write_timeout(Some(TICK))?;
        to.set_nodelay(true)?;
        let mut buffer = [0; 16 * 1024];
        let mut passed = 0;
        loop {
            let length = match from.read(&mut buffer) {
                Ok(length) => length,
                Err(error) if is_tick(&error) => {
                    self.check_alive()?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            while self.rules.fault(direction) == Fault::Silence {
                self.rest(TICK)?;
            }
            if length == 0 {
                return to.shutdown(Shutdown::Write);
            }
            self.pass(direction, &buffer[..length], passed, to)?;
            passed += length as u64;
        }
    }

    fn pass(&self, way: Direction, bytes: &[u8], passed: u64, to: &TcpStream) -> io::Result<()> {
        let within = |limit: u64| {
            usize::try_from(limit.saturating_sub(passed)).unwrap_or(usize::MAX).min(bytes.len())
        };
        match self.rules.fault(way) {
            Fault::None | Fault::Silence => self.write(to, bytes),
            Fault::Delay(delay) => {
                self.rest(delay)?;
                self.write(to, bytes)
            }
            Fault::Drip { bytes: size, every } => bytes.chunks(size.max(1)).try_for_each(|drop| {
                self.write(to, drop)?;
                self.rest(every)
            }),
            Fault::CutAfter(limit) if passed + bytes.len() as u64 > limit => {
                self.write(to, &bytes[..within(limit)])?;
                self.client.shutdown(Shutdown::Both)?;
                self.server.shutdown(Shutdown::Both)?;
                Err(ErrorKind::ConnectionAborted.into())
            }
            Fault::ResetAfter(limit) if passed + bytes.len() as u64 > limit => {
                self.write(to, &bytes[..within(limit)])?;
                // A reset overtakes bytes that wait in the receiver's kernel; let them be read.
                self.rest(TICK * 2)?;
                self.reset()
            }
            Fault::CutAfter(_) | Fault::ResetAfter(_) => self.write(to, bytes),
        }
    }

    fn write(&self, mut to: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match to.write(bytes) {
                Ok(length) => bytes = &bytes[length..],
                Err(error) if is_tick(&error) => self.check_alive()?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn rest(&self, mut time: Duration) -> io::Result<()> {
        while !time.is_zero() {
            self.check_alive()?;
            let step = time.min(TICK);
            std::thread::sleep(step);
            time -= step;
        }
        self.check_alive()
    }

    fn check_alive(&self) -> io::Result<()> {
        if self.rules.generation.load(Ordering::SeqCst) != self.generation {
            return self.reset();
        }
        if self.over.load(Ordering::SeqCst) || self.rules.over.load(Ordering::SeqCst) {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }

    /// The sockets are closed when both directions have noticed, and closing then means a reset.
    fn reset(&self) -> io::Result<()> {
        reset_on_close(&self.client);
        reset_on_close(&self.server);
        self.over.store(true, Ordering::SeqCst);
        Err(ErrorKind::ConnectionReset.into())
    }
}

impl Rules {
    fn fault(&self, direction: Direction) -> Fault {
        let fault = match direction {
            Direction::Request => &self.requests,
            Direction::Answer => &self.answers,
        };
        *fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_tick(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn reset_on_close(stream: &TcpStream) {
    // If the peer was faster and the socket is gone, there is nothing left to reset.
    drop(SockRef::from(stream).set_linger(Some(Duration::ZERO)));
}
