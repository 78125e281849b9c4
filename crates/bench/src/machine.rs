//! What a figure was measured on: without it, it means nothing.

use serde::Serialize;

/// The machine, read from `/proc`; elsewhere little is known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// How many of its cores there are to use.
    pub cores: usize,
    /// Memory in gigabytes.
    pub memory_gb: f64,
    /// The kernel.
    pub kernel: String,
    /// How many threads wanted to run in the minute before: about 0 if nobody else was at work.
    pub load_before: Option<f64>,
}

impl Machine {
    /// This one, now.
    pub fn here() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let value = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory = value(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
        let kilobytes: f64 =
            memory.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0.0);
        Self {
            cpu: value(&read("/proc/cpuinfo"), "model name")
                .unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gb: (kilobytes / 1e5).round() / 10.0,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_before: read("/proc/loadavg").split(' ').next().and_then(|it| it.parse().ok()),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cpu, cores, memory_gb, kernel, load_before } = self;
        write!(f, "{cpu}, {cores} cores, {memory_gb} GB, Linux {kernel}")?;
        load_before.map_or(Ok(()), |load| write!(f, ", load before {load}"))
    }
}
