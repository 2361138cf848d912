//! When bytes arrived, by the kernel's own stamp: how long the reading thread takes to be woken is no part of it.

use std::io::{Error, Read, Result};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A connection that remembers when what was last read arrived.
pub struct Stamped {
    /// To write to.
    pub stream: TcpStream,
    arrived: Option<SystemTime>,
}

/// Room for one control message with a time in it.
#[repr(align(8))]
struct Control([u8; 64]);

impl Stamped {
    /// Asks the kernel to stamp what arrives from now on.
    pub fn new(stream: TcpStream) -> Result<Self> {
        let on: libc::c_int = 1;
        // SAFETY: the pointer and the size are those of a local that outlives the call.
        let set = unsafe {
            libc::setsockopt(
                stream.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_TIMESTAMPNS,
                (&raw const on).cast(),
                size_of_val(&on) as libc::socklen_t,
            )
        };
        if set != 0 {
            return Err(Error::last_os_error());
        }
        Ok(Self {
            stream,
            arrived: None,
        })
    }

    /// When the bytes that were last read arrived at this machine's network layer.
    pub fn arrived(&self) -> Option<SystemTime> {
        self.arrived
    }
}

impl Read for Stamped {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut control = Control([0; 64]);
        let mut into = libc::iovec {
            iov_base: buffer.as_mut_ptr().cast(),
            iov_len: buffer.len(),
        };
        // SAFETY: all zero is a message header without buffers; the two that it gets outlive the call.
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_iov = &raw mut into;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut control.0).cast();
        message.msg_controllen = control.0.len();
        // SAFETY: the header names buffers of the lengths that it says.
        let read = unsafe { libc::recvmsg(self.stream.as_raw_fd(), &raw mut message, 0) };
        let read = usize::try_from(read).map_err(|_| Error::last_os_error())?;
        // SAFETY: the kernel filled the header; the first control message, if there is one, lies within the buffer, and
        // one of this type carries a `timespec`.
        let stamp = unsafe {
            libc::CMSG_FIRSTHDR(&raw const message)
                .as_ref()
                .filter(|header| header.cmsg_type == libc::SCM_TIMESTAMPNS)
                .map(|header| libc::CMSG_DATA(header).cast::<libc::timespec>().read_unaligned())
        };
        if let Some(stamp) = stamp {
            let since = Duration::new(stamp.tv_sec.unsigned_abs(), stamp.tv_nsec as u32);
            self.arrived = Some(UNIX_EPOCH + since);
        }
        Ok(read)
    }
}
