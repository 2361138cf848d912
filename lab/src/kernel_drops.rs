//! How many packets the kernel dropped because a socket's buffer was full. Linux says so in a table by inode, which
//! costs nothing until somebody asks.

use std::os::fd::AsFd;

/// A socket as the kernel's table names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    inode: u64,
}

/// Where Linux lists its UDP sockets, of both kinds of addresses.
const TABLES: [&str; 2] = ["/proc/self/net/udp", "/proc/self/net/udp6"];

impl Socket {
    pub fn of(socket: impl AsFd) -> Option<Self> {
        let status = rustix::fs::fstat(socket).ok()?;
        Some(Self { inode: status.st_ino })
    }

    /// The packets dropped so far; nothing where the kernel keeps no such table.
    pub fn drops(self) -> Option<u64> {
        TABLES.iter().find_map(|table| {
            let text = std::fs::read_to_string(table).ok()?;
            drops_of(&text, self.inode)
        })
    }
}

/// The tenth column of a line is the inode, the thirteenth and last the drops.
fn drops_of(table: &str, inode: u64) -> Option<u64> {
    let lines = table.lines().skip(1);
    let mut columns = lines.map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let found = columns.find(|columns| columns.get(9).and_then(|it| it.parse().ok()) == Some(inode))?;
    found.get(12)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  231: 0100007F:1AAF 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4411 2 0000000000000000 17
  232: 0100007F:1AB0 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4412 2 0000000000000000 0
";

    #[test]
    fn the_kernels_table_is_read_by_inode() {
        assert_eq!(drops_of(TABLE, 4411), Some(17));
        assert_eq!(drops_of(TABLE, 4412), Some(0));
        assert_eq!(drops_of(TABLE, 4413), None);
        assert_eq!(drops_of("", 1), None);
    }

    #[test]
    fn a_socket_of_ours_is_in_it() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let drops = Socket::of(&socket).expect("a socket").drops();
        assert!(!std::path::Path::new(TABLES[0]).exists() || drops == Some(0));
    }
}
