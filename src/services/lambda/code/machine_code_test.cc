#include "services/lambda/code/machine_code.h"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>

namespace tandem::lambda {
namespace {

std::string elf(unsigned machine, char order = 1) {
  std::string bytes(
      "\x7f"
      "ELF\x02",
      5);
  bytes.resize(20, '\0');
  bytes[5] = order;
  bytes[order == 1 ? 18 : 19] = static_cast<char>(machine);
  return bytes + "rest";
}

TEST(MachineCode, IsKnownByItsHeader) {
  EXPECT_EQ(elf_machine(elf(62)), "x86_64");
  EXPECT_EQ(elf_machine(elf(183)), "arm64");
  EXPECT_EQ(elf_machine(elf(8, 2)), "another machine");
  EXPECT_EQ(elf_machine(""), "");
  EXPECT_EQ(elf_machine("\x7f"
                        "ELF"),
            "");
  EXPECT_EQ(elf_machine("#!/bin/sh and some more of it"), "");
}

TEST(MachineCode, IsForeignUnlessItsCounterpartIsThere) {
  std::string pattern = std::filesystem::temp_directory_path() / "machine_code.XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const auto write = [&](const std::string& name, const std::string& bytes) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << bytes;
  };
  write("index.js", "exports.handler = 1");
  write("data.bin", elf(183));
  EXPECT_EQ(foreign_file(folder, "x86_64"), "");
  write("m/linux-arm64/a.node", elf(183));
  EXPECT_EQ(foreign_file(folder, "x86_64"), "m/linux-arm64/a.node");
  write("m/linux-x64/a.node", elf(62));
  EXPECT_EQ(foreign_file(folder, "x86_64"), "");
  write("lib/libz.so.1", elf(183));
  EXPECT_EQ(foreign_file(folder, "x86_64"), "lib/libz.so.1");
  EXPECT_EQ(foreign_file(folder, "arm64"), "");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tandem::lambda
