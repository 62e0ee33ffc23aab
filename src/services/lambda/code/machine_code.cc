#include "services/lambda/code/machine_code.h"

#include <array>
#include <fstream>
#include <map>
#include <set>
#include <system_error>

namespace tandem::lambda {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 20;  ///< up to e_machine

std::string first_bytes(const fs::path& file) {
  std::string bytes(kHeaderBytes, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

/// Shared objects, Node.js's addons, and what can be executed.
bool may_be_machine_code(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  if (name.ends_with(".node") || name.ends_with(".so") || name.find(".so.") != std::string::npos) {
    return true;
  }
  return (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
}

/// The same for files that differ in the machine they are named after: packages bring one for each,
/// and load the one that fits.
std::string without_machine(std::string path) {
  for (const std::string_view name : {"aarch64", "arm64", "x86_64", "x86-64", "amd64", "x64"}) {
    for (std::size_t at = path.find(name); at != std::string::npos; at = path.find(name, at)) {
      path.replace(at, name.size(), "*");
    }
  }
  return path;
}

}  // namespace

std::string_view elf_machine(std::string_view bytes) {
  constexpr std::string_view kMagic =
      "\x7f"
      "ELF";
  constexpr std::size_t kOrder = 5;     // EI_DATA
  constexpr std::size_t kMachine = 18;  // e_machine
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return "";
  const auto byte = [&bytes](std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(bytes[at]));
  };
  const bool big_endian = byte(kOrder) == 2;
  const unsigned machine = big_endian ? byte(kMachine) << 8 | byte(kMachine + 1)
                                      : byte(kMachine + 1) << 8 | byte(kMachine);
  constexpr unsigned kX86_64 = 62;
  constexpr unsigned kAarch64 = 183;
  if (machine == kX86_64) return "x86_64";
  return machine == kAarch64 ? "arm64" : "another machine";
}

std::string foreign_file(const fs::path& folder, std::string_view machine) {
  std::set<std::string> fitting;
  std::map<std::string, std::string> foreign;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.is_symlink() || !may_be_machine_code(entry)) continue;
    const std::string_view made_for = elf_machine(first_bytes(entry.path()));
    if (made_for.empty()) continue;
    const std::string path = entry.path().lexically_relative(folder).string();
    if (made_for == machine) {
      fitting.insert(without_machine(path));
    } else {
      foreign.emplace(path, without_machine(path));
    }
  }
  for (const auto& [path, name] : foreign) {
    if (!fitting.contains(name)) return path;
  }
  return "";
}

}  // namespace tandem::lambda
