// The clients of runtime/ that run inside functions' cells, as they are compiled in.
#pragma once

#include <span>
#include <string_view>

namespace tandem::lambda {

struct ClientFile {
  std::string_view name;  ///< below runtime/: "node/index.mjs"
  std::string_view text;
};

std::span<const ClientFile> client_files();

}  // namespace tandem::lambda
