#include "services/lambda/exec/cell_file.h"

#include <system_error>

#include "core/files.h"
#include "core/log.h"
#include "store/space.h"

namespace tandem::lambda {

void write_cell_file(const std::filesystem::path& path, std::string_view text) {
  constexpr mode_t kForFunctions = 0644;
  try {
    std::filesystem::create_directories(path.parent_path());
    if (core::find_file(path) != text) core::write_file_atomically(path, text, kForFunctions);
  } catch (const std::system_error& error) {
    if (!store::no_room(error.code())) throw;
    log::warning("lambda: {}, which functions see, cannot be written anew: {}", path.string(),
                 error.code().message());
  }
  // Our umask may be of the careful kind.
  std::error_code ignored;
  std::filesystem::permissions(path, static_cast<std::filesystem::perms>(kForFunctions), ignored);
}

}  // namespace tandem::lambda
