// Small files of ours that cells of functions see.
#pragma once

#include <filesystem>
#include <string_view>

namespace tandem::lambda {

/// Written only when something has changed, and readable by whichever user a cell is. On a full
/// disk the one that is there stays, with a word in the log. Throws std::system_error.
void write_cell_file(const std::filesystem::path& path, std::string_view text);

}  // namespace tandem::lambda
