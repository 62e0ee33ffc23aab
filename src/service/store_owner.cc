#include "service/store_owner.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <optional>
#include <system_error>
#include <unistd.h>

#include "core/files.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/log.h"
#include "core/random.h"
#include "core/text.h"
#include "service/store_health.h"
#include "store/store_failure.h"

namespace tandem::service {
namespace {

namespace fs = std::filesystem;
using store::StoreFailure;

/// Beside the services' scopes, which end in a slash.
constexpr std::string_view kOwnerKey = "owner";
constexpr std::string_view kWorldFile = "world";
constexpr std::size_t kIdLength = 32;

struct Owner {
  std::string name;
  std::string world;
};

bool is_id(std::string_view text) {
  return text.size() == kIdLength && std::all_of(text.begin(), text.end(), [](char c) {
           return core::kLowerHex.find(c) != std::string_view::npos;
         });
}

std::optional<Owner> owner_of(const store::Store& store) {
  const auto record = store.get(kOwnerKey);
  if (!record) return std::nullopt;
  const auto parsed = json::parse_text(*record);
  if (!parsed || !parsed.value().is_object()) {
    throw StoreFailure(StoreFailure::Kind::kCorrupt, "the record of whose store it is");
  }
  const json::object& document = parsed.value().as_object();
  return Owner{json::string_or(document, "name"), json::string_or(document, "world")};
}

/// The one in the file. Empty when that holds none: then nothing is compared with it.
std::string read_world(const fs::path& file) {
  const auto text = core::find_small_file(file);
  if (!text) return "";
  std::string id(core::trim(*text));
  if (is_id(id)) return id;
  log::warning("{} holds no world's id; 'tandem up' has it made anew", file.string());
  return "";
}

/// Several processes of a new world may do this at once: the first one's stays.
std::string make_world(const fs::path& file, const std::string& name, const std::string& id) {
  const fs::path own = file.string() + "." + name;
  core::write_file_atomically(own, id + "\n", core::kSecretMode);
  const int failed = ::link(own.c_str(), file.c_str()) == 0 ? 0 : errno;
  ::unlink(own.c_str());
  if (failed != 0 && failed != EEXIST) {
    throw std::system_error(failed, std::generic_category(), file.string());
  }
  return read_world(file);
}

/// What the world of the other processes' stores is: the file for all is lost, and this store new.
std::string world_of_others(const fs::path& state_folder) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(state_folder, failed)) {
    const fs::path file = entry.path() / kWorldFile;
    if (!fs::is_regular_file(file, failed)) continue;
    if (std::string id = read_world(file); !id.empty()) return id;
  }
  return "";
}

std::string world_of(const fs::path& state_folder, const std::string& name,
                     const std::optional<Owner>& owner, core::Random& random) {
  const fs::path file = state_folder / kWorldFile;
  if (fs::symlink_status(file).type() != fs::file_type::not_found) return read_world(file);
  std::string id = owner && is_id(owner->world) ? owner->world : world_of_others(state_folder);
  if (id.empty()) id = core::random_text(random, kIdLength, core::kLowerHex);
  return make_world(file, name, id);
}

/// Beside the store, for world_of_others().
void leave_world(const fs::path& folder, const std::string& world) {
  try {
    const fs::path file = folder / kWorldFile;
    if (core::find_file(file) == world + "\n") return;
    core::write_file_atomically(file, world + "\n", core::kSecretMode);
  } catch (const std::system_error& error) {
    log::warning("the world's id is not beside the store: {}", error.what());
  }
}

[[noreturn]] void refuse(const Owner& owner, const fs::path& folder, const std::string& name,
                         const std::string& world) {
  const std::string store = (folder / name / "store").string();
  const bool other_world = !world.empty() && owner.world != world;
  throw StoreFailure(
      StoreFailure::Kind::kFailed,
      with_way_out(
          fmt::format("{} is the store of {}{}, not of {}{}: put its own back, if it is somewhere",
                      store, owner.name,
                      other_world ? fmt::format(" of another world ({})", owner.world) : "", name,
                      other_world ? fmt::format(" of this one ({})", world) : ""),
          name, store));
}

}  // namespace

void claim_store(store::Store& store, const fs::path& state_folder, const std::string& name,
                 core::Random& random) {
  const std::optional<Owner> owner = owner_of(store);
  if (owner && owner->name != name) {
    const std::string world = read_world(state_folder / kWorldFile);
    refuse(*owner, state_folder, name, world);
  }
  const std::string world = world_of(state_folder, name, owner, random);
  if (owner && !world.empty() && owner->world != world) refuse(*owner, state_folder, name, world);
  if (world.empty()) return;
  leave_world(state_folder / name, world);
  if (owner) return;
  try {
    store.put(kOwnerKey, json::to_text(json::object{{"name", name}, {"world", world}}));
  } catch (const store::StoreError& error) {
    // Without room it is read all the same, and claimed once there is some.
    if (store::failure_of(error).kind != StoreFailure::Kind::kFull) throw;
  }
}

}  // namespace tandem::service
