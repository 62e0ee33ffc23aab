#include "net/client_hello.h"

#include <gtest/gtest.h>
#include <string>

namespace tandem::net {
namespace {

/// RFC 8446 §5.1: type, legacy version, length, fragment.
std::string record(const std::string& fragment, char type = 22) {
  std::string bytes = {type, 3, 1, static_cast<char>(fragment.size() >> 8),
                       static_cast<char>(fragment.size() & 0xFF)};
  return bytes + fragment;
}

/// RFC 8446 §4: type, 24 bits of length, body.
std::string message(std::size_t length, char type = 1) {
  std::string bytes = {type, static_cast<char>(length >> 16), static_cast<char>(length >> 8 & 0xFF),
                       static_cast<char>(length & 0xFF)};
  return bytes + std::string(length, 'x');
}

/// Reads as the server does; returns how much was read in the end.
std::size_t read_whole(const std::string& sent) {
  std::size_t size = 0;
  for (;;) {
    const std::size_t missing = missing_of_client_hello(std::string_view(sent).substr(0, size));
    if (missing == 0) return size;
    EXPECT_LE(size + missing, sent.size()) << "more than there is";
    if (size + missing > sent.size()) return size;
    size += missing;
  }
}

TEST(ClientHello, IsWholeAtItsLastByteAndNotBefore) {
  const std::string hello = record(message(508));
  for (std::size_t size = 0; size < hello.size(); ++size) {
    const std::size_t missing = missing_of_client_hello(std::string_view(hello).substr(0, size));
    EXPECT_GT(missing, 0u) << size;
    EXPECT_LE(size + missing, hello.size()) << size;
  }
  EXPECT_EQ(missing_of_client_hello(hello), 0u);
}

TEST(ClientHello, NothingBehindItIsRead) {
  const std::string hello = record(message(508));
  EXPECT_EQ(read_whole(hello + record("more")), hello.size());
}

TEST(ClientHello, MayBeSpreadOverRecordsEvenItsHeader) {
  const std::string whole = message(700);
  const std::string hello = record(whole.substr(0, 2)) + record(whole.substr(2, 1)) +
                            record(whole.substr(3, 300)) + record(whole.substr(303));
  EXPECT_EQ(read_whole(hello + "behind it"), hello.size());
}

TEST(ClientHello, OneThatIsLongerThanAnyIsHandedOn) {
  const std::string huge = message(60'000);
  std::string sent;
  for (std::size_t at = 0; at < huge.size(); at += 8'000) sent += record(huge.substr(at, 8'000));
  EXPECT_EQ(read_whole(sent), kMostOfHello);
  std::string tiny;  // a header of five bytes for each byte
  for (const char one : huge.substr(0, 10'000)) tiny += record(std::string(1, one));
  EXPECT_LE(read_whole(tiny), kMostOfHello);
}

TEST(ClientHello, WhatIsNoneIsHandedOnAtOnce) {
  EXPECT_EQ(missing_of_client_hello("G"), 0u);
  EXPECT_EQ(missing_of_client_hello("GET / HTTP/1.1\r\n"), 0u);
  EXPECT_EQ(missing_of_client_hello(record(message(10), 23)), 0u);  // application data
  EXPECT_EQ(missing_of_client_hello(record(message(10, 2))), 0u);   // a server's hello
  EXPECT_EQ(missing_of_client_hello(record("")), 0u);               // no progress
  EXPECT_EQ(missing_of_client_hello("\x16\x03\x01\xFF\xFF"
                                    "x"),
            0u);  // longer than records are
}

/// RFC 8446 §4.1.2, with these extensions.
std::string hello_with(const std::string& extensions) {
  const auto vector = [](const std::string& bytes, int width) {
    std::string length;
    for (int i = width - 1; i >= 0; --i)
      length += static_cast<char>(bytes.size() >> (8 * i) & 0xFF);
    return length + bytes;
  };
  const std::string body = std::string("\x03\x03", 2) + std::string(32, 'r') +
                           vector("session", 1) + vector(std::string("\x13\x01", 2), 2) +
                           vector(std::string(1, '\0'), 1) + vector(extensions, 2);
  return std::string(1, '\1') + vector(body, 3);
}

/// RFC 6066 §3.
std::string server_name(const std::string& name, char kind = 0) {
  const auto u16 = [](std::size_t value) {
    return std::string{static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
  };
  const std::string entry = std::string(1, kind) + u16(name.size()) + name;
  return u16(0) + u16(entry.size() + 2) + u16(entry.size()) + entry;
}

TEST(ClientHello, SaysWhichNameIsAskedFor) {
  const std::string other("\x00\x17\x00\x00", 4);
  const std::string hello = hello_with(other + server_name("S3.Amazonaws.com"));
  EXPECT_EQ(server_name_in(record(hello)), "s3.amazonaws.com");
  EXPECT_EQ(server_name_in(record(hello.substr(0, 50)) + record(hello.substr(50))),
            "s3.amazonaws.com");
  EXPECT_EQ(server_name_in(record(hello_with(other))), "");
  EXPECT_EQ(server_name_in(record(hello_with(server_name("a b")))), "");
  EXPECT_EQ(server_name_in(record(hello_with(server_name("a.example", 1)))), "");
  EXPECT_EQ(server_name_in("GET / HTTP/1.1\r\n"), "");
  for (std::size_t size = 0; size < hello.size(); ++size) {
    EXPECT_EQ(server_name_in(record(hello.substr(0, size))), "") << size;
  }
}

}  // namespace
}  // namespace tandem::net
