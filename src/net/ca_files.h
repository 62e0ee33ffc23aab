// The files of the local certificate authority, for those who must not make one by the way: a new
// root makes every certificate of the old one worthless.
#pragma once

#include <filesystem>

#include "net/tls.h"

namespace tandem::net {

/// Reads ca.pem and ca.key from folder. Throws a std::runtime_error naming the file that is
/// missing, damaged or not the other's.
LocalCa load_ca(const std::filesystem::path& folder, CaWorld world);

/// A new root, in place of one that may be there.
LocalCa replace_ca(const std::filesystem::path& folder, CaWorld world);

}  // namespace tandem::net
