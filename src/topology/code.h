// The application's code package: in a bucket of every region, and in the functions that were made
// from it. Private to topology/.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "topology/cloud.h"

namespace tandem::topology {

/// A file that a deployment needs. Throws DeployError when it cannot be read.
std::string read_for_deployment(const std::filesystem::path& path);

Task<bool> has_object(Cloud cloud, std::string region, std::string bucket, std::string key);
/// The bucket, unless it is there already.
Task<void> make_bucket(Cloud cloud, std::string region, std::string bucket);
/// With all that is in it; nothing happens when there is none.
Task<void> remove_bucket(Cloud cloud, std::string region, std::string bucket);

/// A function whose code its region has lost: its stack has no reason to change.
struct DamagedFunction {
  std::string name;
  std::string reason;
  std::string code_sha256;  ///< base64, of the package that it had
};
Task<std::vector<DamagedFunction>> functions_without_code(Cloud cloud, std::string region,
                                                          std::string stack);

}  // namespace tandem::topology
