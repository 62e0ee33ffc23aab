// Files of a package that are made for one kind of machine, by their ELF header.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tandem::lambda {

/// By Lambda's name ("x86_64", "arm64"), or "another machine"; empty when it is no ELF file. bytes:
/// its first 20.
std::string_view elf_machine(std::string_view bytes);

/// The first file of an unpacked package that could be loaded or run and is made for another
/// machine than machine, while there is none beside it that is made for that one; empty when there
/// is none. Relative to folder. Blocking. Throws std::filesystem::filesystem_error.
std::string foreign_file(const std::filesystem::path& folder, std::string_view machine);

}  // namespace tandem::lambda
