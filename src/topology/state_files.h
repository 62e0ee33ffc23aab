// The small files of a state folder, which anybody may have lost, emptied or replaced. Private to
// topology/.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::topology {

using FileNote = std::function<void(std::string_view)>;

/// So that a regular file can be written and read at path: a link that leads nowhere, a pipe, an
/// empty folder go; a file that forbids its owner to use it no longer does. note says what was
/// done. Throws LocalError, with a way out, for what may hold something: a folder with contents.
void make_way(const std::filesystem::path& path, const FileNote& note);

/// The same for a folder: what else is there goes, but for a file with contents.
void make_way_for_folder(const std::filesystem::path& path, const FileNote& note);

/// A state file's contents, or why there are none. Missing is a problem, too.
struct StateFile {
  std::optional<std::string> text;
  std::string problem;  ///< "/x/.tandem/api-key is missing"; empty when there is text
};
StateFile read_state_file(const std::filesystem::path& path);

/// What an API key's value may be, here and on AWS (API Gateway, "Set up API keys": 20 to 128
/// characters).
bool is_api_key(std::string_view text);

}  // namespace tandem::topology
