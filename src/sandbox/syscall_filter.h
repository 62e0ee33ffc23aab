// The system calls a confined process is refused: what reaches out of its namespaces, what makes
// new ones, and what holds memory that nobody counts.
//
// A list of refusals and not of permissions: runtimes and libraries of any kind are to work, and
// all capabilities are gone anyway. The filter is what is left when the kernel has a fault.
#pragma once

#include <string>

namespace tandem::sandbox {

/// A classic BPF program as seccomp(2) takes it, in the machine's byte order: bubblewrap's
/// --seccomp.
std::string syscall_filter();

}  // namespace tandem::sandbox
