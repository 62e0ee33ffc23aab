// The files that a build hands over, read from outside of its room.
//
// INVARIANT(beneath): whoever is inside may change the source folder at any moment, and put links
// anywhere. Everything is opened below a descriptor of the source folder by the kernel's own rule
// (openat2 with RESOLVE_BENEATH), so that nothing outside of it is ever read.
//
// Blocking: for the pool. A disk that fails is a std::system_error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "net/descriptor.h"
#include "services/codebuild/engine/file_work.h"
#include "services/codebuild/model/buildspec.h"

namespace tandem::codebuild {

/// The source folder.
class SourceTree {
 public:
  explicit SourceTree(const std::filesystem::path& root);

  /// A regular file below the root, to be read; a link is followed where it stays below. Nothing
  /// when there is none, now.
  std::optional<net::Descriptor> open_file(const std::string& path) const;
  /// A folder, without following a link anywhere on the way.
  std::optional<net::Descriptor> open_folder(const std::string& path) const;
  /// A small file's whole content; nothing when it is absent or larger.
  std::optional<std::string> read_file(const std::string& path, std::size_t most) const;

 private:
  std::optional<net::Descriptor> open(const std::string& path, int flags,
                                      std::uint64_t resolve) const;
  net::Descriptor root_;
};

struct ArtifactFile {
  std::string path;    ///< below the root
  std::string name;    ///< in the artifact
  std::string target;  ///< of a link that is kept; empty: a file
  mode_t mode = 0644;
};

struct ArtifactFiles {
  std::vector<ArtifactFile> files;
  std::vector<std::string> log;
  std::string complaint;  ///< why there is no artifact, in CodeBuild's words; empty: there is
};

/// folder: what base directories are relative to, below the root; empty: the root. spec: variables
/// replaced, and its base directory a normal_path().
/// work: asked for each comparison of a file with a pattern, of which there are a bounded number.
ArtifactFiles find_artifact_files(const SourceTree& tree, const std::string& folder,
                                  const ArtifactSpec& spec, FileWork& work);

/// "a/./b/../c" as "a/c"; nothing when it leaves where it begins.
std::optional<std::string> normal_path(std::string_view path);

}  // namespace tandem::codebuild
