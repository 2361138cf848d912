//! The signal handler, and the memory into which it copies what it interrupts.

use std::cell::UnsafeCell;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// So much processor time lies between two samples.
pub const PERIOD: Duration = Duration::from_millis(10);
/// How much of a stack is copied. A request's is a tenth of it.
pub const STACK: usize = 64 * 1024;
/// How many samples may wait to be counted; each is counted within a fraction of [`PERIOD`].
const SLOTS: usize = 64;

/// Whether samples are wanted. A signal may come a moment after the timer has been stopped.
static WANTED: AtomicBool = AtomicBool::new(false);
/// The thread that counts, which is not to be seen in its own profile.
static COUNTING: AtomicI32 = AtomicI32::new(0);
/// Made once and never given back, since a handler may always be about to write to it.
static RING: OnceLock<Ring> = OnceLock::new();

/// What was interrupted.
#[derive(Clone, Copy)]
pub struct Registers {
    pub instruction: u64,
    pub stack: u64,
    pub frame: u64,
    /// The return address of a leaf function, where the processor keeps it in a register.
    #[cfg(target_arch = "aarch64")]
    pub link: u64,
}

/// A slot for one sample.
struct Slot {
    state: AtomicU8,
    sample: UnsafeCell<Sample>,
}

const FREE: u8 = 0;
const FILLING: u8 = 1;
const FULL: u8 = 2;

/// One sample.
pub struct Sample {
    pub registers: Registers,
    pub thread: i32,
    length: usize,
    bytes: [u8; STACK],
}

impl Sample {
    /// The copy of the stack, from the stack pointer upwards.
    pub fn stack(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Where the handler writes, and whoever counts reads.
pub struct Ring {
    slots: Box<[Slot]>,
    /// This process's memory as a file, so that what cannot be read is an error and no fault.
    memory: File,
    /// Counts up with every sample; whoever counts waits for it.
    ticks: OwnedFd,
    lost: AtomicU64,
}

// SAFETY: a slot's sample is touched only by whoever has brought its state from FREE to FILLING, or found it FULL and is the one
// thread that counts.
unsafe impl Sync for Ring {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl Send for Ring {}

impl Ring {
    /// The ring of this process.
    pub fn get() -> io::Result<&'static Self> {
        if let Some(ring) = RING.get() {
            return Ok(ring);
        }
        let ring = Self::new()?;
        Ok(RING.get_or_init(|| ring))
    }

    fn new() -> io::Result<Self> {
        let slot = || Slot {
            state: AtomicU8::new(FREE),
            sample: UnsafeCell::new(Sample {
                registers: Registers {
                    instruction: 0,
                    stack: 0,
                    frame: 0,
                    #[cfg(target_arch = "aarch64")]
                    link: 0,
                },
                thread: 0,
                length: 0,
                bytes: [0; STACK],
            }),
        };
        // SAFETY: the call takes no pointer.
        let ticks = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if ticks < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            slots: (0..SLOTS).map(|_| slot()).collect(),
            memory: File::open("/proc/self/mem")?,
            // SAFETY: the descriptor was made just now and is nobody else's.
            ticks: unsafe { OwnedFd::from_raw_fd(ticks) },
            lost: AtomicU64::new(0),
        })
    }

    /// Begins to take samples; whoever calls this is the thread that counts.
    pub fn begin(&self) -> io::Result<()> {
        self.take_all(|_| ());
        self.lost.store(0, Ordering::Relaxed);
        // SAFETY: the call takes no pointer.
        COUNTING.store(unsafe { libc::gettid() }, Ordering::Relaxed);
        listen()?;
        WANTED.store(true, Ordering::Release);
        set_timer(PERIOD)
    }

    /// Ends it; gives how many samples found no free slot.
    pub fn end(&self) -> u64 {
        // Stopping a timer that runs cannot fail.
        let _ = set_timer(Duration::ZERO);
        WANTED.store(false, Ordering::Release);
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until there is a sample, somebody calls [`Ring::wake`], or the time is over.
    pub fn wait(&self, at_most: Duration) {
        let mut poll = libc::pollfd {
            fd: self.ticks.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        let milliseconds = i32::try_from(at_most.as_millis()).unwrap_or(i32::MAX);
        let mut count = 0_u64;
        // SAFETY: both pointers are to locals that outlive the calls. An interrupted wait is looked at as one that is over.
        unsafe {
            libc::poll(&raw mut poll, 1, milliseconds);
            libc::read(self.ticks.as_raw_fd(), (&raw mut count).cast(), size_of::<u64>());
        }
    }

    /// Ends a [`Ring::wait`].
    pub fn wake(&self) {
        let one = 1_u64;
        // SAFETY: the pointer is to a local that outlives the call. A counter that is full has woken everybody.
        unsafe { libc::write(self.ticks.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()) };
    }

    /// Looks at every sample that waits, and frees its slot.
    pub fn take_all(&self, mut look: impl FnMut(&Sample)) {
        for slot in &self.slots {
            if slot.state.load(Ordering::Acquire) == FULL {
                // SAFETY: a full slot is not written to, and this is the one thread that counts.
                look(unsafe { &*slot.sample.get() });
                slot.state.store(FREE, Ordering::Release);
            }
        }
    }

    /// In the signal handler: copies what was interrupted.
    fn take(&self, registers: Registers, thread: i32) {
        let free = |slot: &&Slot| {
            slot.state
                .compare_exchange(FREE, FILLING, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
        };
        let Some(slot) = self.slots.iter().find(free) else {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let sample = slot.sample.get();
        // SAFETY: the slot is ours since its state is FILLING, the memory behind the pointer lives for ever, and `pread` writes no more
        // than fits. It is safe in a signal handler, and reads as far as there is memory.
        unsafe {
            let bytes = (&raw mut (*sample).bytes).cast::<libc::c_void>();
            let from = libc::off_t::try_from(registers.stack).unwrap_or(0);
            let read = libc::pread(self.memory.as_raw_fd(), bytes, STACK, from);
            (*sample).length = usize::try_from(read).unwrap_or(0);
            (*sample).registers = registers;
            (*sample).thread = thread;
        }
        slot.state.store(FULL, Ordering::Release);
        self.wake();
    }
}

/// Runs on whichever thread used the processor.
extern "C" fn on_tick(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: a thread's `errno` is its own, and what was interrupted may be about to read it.
    let errno = unsafe { *libc::__errno_location() };
    // SAFETY: the call takes no pointer.
    let thread = unsafe { libc::gettid() };
    if WANTED.load(Ordering::Acquire)
        && thread != COUNTING.load(Ordering::Relaxed)
        && let Some(ring) = RING.get()
        && let Some(registers) = registers(context.cast())
    {
        ring.take(registers, thread);
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

#[cfg(target_arch = "x86_64")]
fn registers(context: *const libc::ucontext_t) -> Option<Registers> {
    // SAFETY: the kernel gives a handler with SA_SIGINFO the interrupted context.
    let context = unsafe { context.as_ref()? };
    let register = |number: libc::c_int| context.uc_mcontext.gregs[number as usize].cast_unsigned();
    Some(Registers {
        instruction: register(libc::REG_RIP),
        stack: register(libc::REG_RSP),
        frame: register(libc::REG_RBP),
    })
}

#[cfg(target_arch = "aarch64")]
fn registers(context: *const libc::ucontext_t) -> Option<Registers> {
    // SAFETY: the kernel gives a handler with SA_SIGINFO the interrupted context.
    let context = unsafe { context.as_ref()? };
    Some(Registers {
        instruction: context.uc_mcontext.pc,
        stack: context.uc_mcontext.sp,
        frame: context.uc_mcontext.regs[29],
        link: context.uc_mcontext.regs[30],
    })
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn registers(_: *const libc::ucontext_t) -> Option<Registers> {
    None
}

/// Installs the handler. It stays: what comes late would end the process otherwise.
fn listen() -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid `sigaction`.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_tick as extern "C" fn(_, _, _) as libc::sighandler_t;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: the handler does only what a signal handler may do, and the pointer is to a local that outlives the call.
    if unsafe { libc::sigaction(libc::SIGPROF, &raw const action, std::ptr::null_mut()) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Sets the timer of processor time; zero stops it.
fn set_timer(period: Duration) -> io::Result<()> {
    let time = libc::timeval {
        tv_sec: 0,
        tv_usec: libc::suseconds_t::from(period.subsec_micros()),
    };
    let timer = libc::itimerval {
        it_interval: time,
        it_value: time,
    };
    // SAFETY: the pointer is to a local that outlives the call.
    if unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const timer, std::ptr::null_mut()) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
