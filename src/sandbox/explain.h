// Why there is no cell on this machine, and what its owner can do about it.
#pragma once

#include <string>
#include <string_view>

namespace tandem::sandbox {

/// For a step of the setup that the kernel refused: "new namespaces: Operation not permitted; …".
std::string explain_setup(std::string_view stage, int error);
/// For a line of bubblewrap's own ("bwrap: No permissions to create a new namespace …").
std::string explain_complaint(std::string_view line);

}  // namespace tandem::sandbox
