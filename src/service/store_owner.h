// Whose store a process has opened. A folder can be copied to another region's place, or come from
// another deployment, and would be served there as if nothing were wrong: with items whose times
// and origins are another's, and to peers that know it under another name.
#pragma once

#include <filesystem>
#include <string>

#include "core/random.h"
#include "store/store.h"

namespace tandem::service {

/// Compares what the store says about itself (docs/formats/state-folder.md) with the process's name
/// and the world's id; a store that says nothing, new or from before stores did, is claimed. The
/// world's id is in a file of the state folder, which is made when there is none: by what the first
/// store says, or at random. Throws StoreError, naming both and the way out.
void claim_store(store::Store& store, const std::filesystem::path& state_folder,
                 const std::string& name, core::Random& random);

}  // namespace tandem::service
