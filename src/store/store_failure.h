// What kind of failure a store's is.
#pragma once

#include <string>
#include <utility>

#include "store/store.h"

namespace tandem::store {

/// Nothing of a batch whose write threw is seen by reads of the same store; memory above it must
/// not have moved either.
struct StoreFailure : StoreError {
  enum class Kind {
    kFailed,  ///< the engine failed; it takes no write again until it has been reopened
    kFull,  ///< too little room on the disk; from a guarded store: refused before the engine saw it
    kCorrupt,  ///< what is on the disk is not what was written
  };
  StoreFailure(Kind what, std::string text) : StoreError(std::move(text)), kind(what) {}
  Kind kind;
};

/// A StoreError that says nothing of its kind is a failure of the engine.
inline StoreFailure failure_of(const StoreError& error) {
  const auto* known = dynamic_cast<const StoreFailure*>(&error);
  return known != nullptr ? *known : StoreFailure(StoreFailure::Kind::kFailed, error.message);
}

}  // namespace tandem::store
