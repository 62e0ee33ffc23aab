// What a function finds in /opt: its layers in their order, merged into one folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "services/lambda/model/function.h"

namespace tandem::lambda {

/// Where it is; empty when the function has no layers. One layer is its own folder; several have
/// one together, made of links to theirs, that is named by them.
std::filesystem::path layer_folder(const std::filesystem::path& code_folder,
                                   const Function& function);
/// Makes it when it is not there. Returns what is wrong with a layer on the disk, a sentence with
/// the way out; empty when all is well. mark sets this attempt apart from others under way.
/// Blocking. Throws std::filesystem::filesystem_error when the disk fails.
std::string ensure_layer_folder(const std::filesystem::path& code_folder, const Function& function,
                                const std::string& mark);
struct Entrypoint {
  std::string inside;   ///< "/var/task/bootstrap"; without any it is where one would be
  std::string outside;  ///< on this machine; empty: there is none
};
/// The package's, or else its layers'.
Entrypoint bootstrap_of(const std::filesystem::path& code_folder, const Function& function);
/// Of all that lies in a package's folder. Blocking.
std::int64_t unzipped_size(const std::filesystem::path& folder);

}  // namespace tandem::lambda
