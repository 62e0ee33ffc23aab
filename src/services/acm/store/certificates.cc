#include "services/acm/store/certificates.h"

#include <stdexcept>
#include <system_error>

#include "core/files.h"
#include "core/log.h"

namespace tandem::acm {

Certificates::Certificates(store::Store& store, std::filesystem::path folder)
    : documents_(store, "certificate"), folder_(std::move(folder)) {}

void Certificates::put_with_key(const std::string& id, const json::object& record,
                                std::string_view key_pem) {
  std::filesystem::create_directories(folder_);
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
  // In place of a folder, an empty one, that took its name.
  std::error_code ignored;
  if (std::filesystem::is_directory(key_path(id)) &&
      !std::filesystem::remove(key_path(id), ignored)) {
    throw std::runtime_error(key_path(id).string() +
                             " is a folder where a private key belongs; move it away");
  }
  const std::optional<std::string> before = private_key(id);
  core::write_file_atomically(key_path(id), key_pem, core::kSecretMode);
  try {
    documents_.put(id, record);
  } catch (const store::StoreError&) {
    // The old record needs its old key; a new one's key belongs to nobody.
    if (before) {
      core::write_file_atomically(key_path(id), *before, core::kSecretMode);
    } else {
      std::filesystem::remove(key_path(id));
    }
    throw;
  }
}

void Certificates::erase(const std::string& id) {
  documents_.erase(id);
  std::error_code ignored;  // the record is gone; a key without one is never read
  std::filesystem::remove(key_path(id), ignored);
}

std::optional<std::string> Certificates::private_key(const std::string& id) const {
  try {
    return core::find_small_file(key_path(id));
  } catch (const std::system_error& error) {
    log::error("a certificate's private key cannot be read: {}", error.what());
    return std::nullopt;
  }
}

}  // namespace tandem::acm
