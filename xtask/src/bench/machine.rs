//! What the kernel says of running processes, and of the machine.

use std::fs;
use std::net::{SocketAddr, TcpListener};

/// User and system time of a process so far, in seconds, to the microsecond.
pub fn cpu_seconds(process: u32) -> Result<f64, String> {
    let mut clock = 0;
    // SAFETY: the pointer is to a local that outlives the call.
    let found = unsafe { libc::clock_getcpuclockid(process as libc::pid_t, &raw mut clock) };
    if found != 0 {
        return Err(format!("process {process} has ended"));
    }
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a local that outlives the call.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return Err(format!("process {process}: {}", std::io::Error::last_os_error()));
    }
    Ok(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
}

/// What a process holds in memory now, and the most that it ever held, in bytes.
pub fn resident_bytes(process: u32) -> Result<(u64, u64), String> {
    let path = format!("/proc/{process}/status");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| {
            line.trim_start_matches(':')
                .split_ascii_whitespace()
                .next()?
                .parse::<u64>()
                .ok()
        })
        .map(|kilobytes| kilobytes * 1024)
        .ok_or_else(|| format!("{path}: no {name}"))
    };
    Ok((field("VmRSS")?, field("VmHWM")?))
}

/// The children of a process, each with its arguments.
pub fn children(of: u32) -> Vec<(u32, Vec<String>)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    processes
        .filter(|&process| parent(process) == Some(of))
        .filter_map(|process| {
            let arguments = fs::read(format!("/proc/{process}/cmdline")).ok()?;
            let arguments = arguments
                .split(|&byte| byte == 0)
                .map(|word| String::from_utf8_lossy(word).into_owned());
            Some((process, arguments.collect()))
        })
        .collect()
}

fn parent(process: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything; the state and the parent come after it.
    text.rsplit_once(')')?
        .1
        .split_ascii_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

/// A loopback address with a port that was free just now.
pub fn free_address() -> Result<SocketAddr, String> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map_err(|error| format!("no free port: {error}"))
}

/// How many processors there are.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// How many threads wanted to run over the last minute, on average.
pub fn load_average() -> Option<f64> {
    fs::read_to_string("/proc/loadavg")
        .ok()?
        .split_ascii_whitespace()
        .next()?
        .parse()
        .ok()
}
