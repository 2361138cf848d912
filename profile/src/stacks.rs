//! Who had called whom when a sample was taken: from its registers and the copy of its stack, by the tables that the compiler wrote
//! for exceptions.

use framehop::{
    CacheNative, ExplicitModuleSectionInfo, MayAllocateDuringUnwind, Module, UnwindRegsNative, Unwinder,
    UnwinderNative,
};

use crate::image::Mapped;
use crate::sampler::{Registers, Sample};

/// Recursion deeper than this is cut off.
const MOST_FRAMES: usize = 512;

/// Works out stacks.
pub struct Stacks<'a> {
    unwinder: UnwinderNative<&'a [u8], MayAllocateDuringUnwind>,
    cache: CacheNative<MayAllocateDuringUnwind>,
}

impl<'a> Stacks<'a> {
    /// Of code in these files.
    pub fn new(files: &'a [Mapped]) -> Self {
        let mut unwinder = UnwinderNative::new();
        for file in files {
            let addresses = |name| file.section(name).map(|(addresses, _)| addresses);
            let bytes = |name| file.section(name).map(|(_, bytes)| bytes);
            let sections = ExplicitModuleSectionInfo {
                base_svma: 0,
                text_svma: addresses(".text"),
                text: bytes(".text"),
                got_svma: addresses(".got"),
                eh_frame_svma: addresses(".eh_frame"),
                eh_frame: bytes(".eh_frame"),
                eh_frame_hdr_svma: addresses(".eh_frame_hdr"),
                eh_frame_hdr: bytes(".eh_frame_hdr"),
                ..Default::default()
            };
            unwinder.add_module(Module::new(
                file.path.clone(),
                file.addresses.clone(),
                file.bias,
                sections,
            ));
        }
        Self {
            unwinder,
            cache: CacheNative::new(),
        }
    }

    /// The addresses of a sample's stack, the innermost first; each within the instruction that runs or calls.
    pub fn of(&mut self, sample: &Sample) -> Vec<u64> {
        let Registers {
            instruction,
            stack: top,
            ..
        } = sample.registers;
        let mut read = |address: u64| {
            let offset = usize::try_from(address.checked_sub(top).ok_or(())?).map_err(|_| ())?;
            let bytes = sample
                .stack()
                .get(offset..offset.checked_add(8).ok_or(())?)
                .ok_or(())?;
            Ok(u64::from_ne_bytes(bytes.try_into().map_err(|_| ())?))
        };
        let mut frames =
            self.unwinder
                .iter_frames(instruction, native(sample.registers), &mut self.cache, &mut read);
        let mut stack = Vec::new();
        // A stack that cannot be followed to its end is followed as far as it goes.
        while let Ok(Some(frame)) = frames.next() {
            stack.push(frame.address_for_lookup());
            if stack.len() == MOST_FRAMES {
                break;
            }
        }
        stack
    }
}

#[cfg(target_arch = "aarch64")]
fn native(registers: Registers) -> UnwindRegsNative {
    UnwindRegsNative::new(registers.link, registers.stack, registers.frame)
}

#[cfg(not(target_arch = "aarch64"))]
fn native(registers: Registers) -> UnwindRegsNative {
    UnwindRegsNative::new(registers.instruction, registers.stack, registers.frame)
}
