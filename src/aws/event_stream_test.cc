#include "aws/event_stream.h"

#include <gtest/gtest.h>

#include "core/bytes.h"

namespace tandem::aws {
namespace {

// botocore.eventstream.EventStreamBuffer reads both and finds their checksums right.
TEST(EventStream, MessagesAreAsBotocoreReadsThem) {
  EXPECT_EQ(core::hex_encode(encode_event("PayloadChunk", "application/octet-stream", "hello")),
            "0000006f0000005af5fe871f"
            "0b3a6576656e742d7479706507000c5061796c6f61644368756e6b"
            "0d3a636f6e74656e742d747970650700186170706c69636174696f6e2f6f637465742d73747265616d"
            "0d3a6d6573736167652d747970650700056576656e74"
            "68656c6c6f29e71260");
  EXPECT_EQ(core::hex_encode(encode_event("End", "", "")),
            "0000003800000028c1c684d4"
            "0b3a6576656e742d74797065070003456e64"
            "0d3a6d6573736167652d747970650700056576656e74"
            "fe2cee99");
}

TEST(EventStream, LengthsAreOfAnyPayload) {
  const std::string message = encode_event("A", "", std::string(300'000, 'x'));
  EXPECT_EQ(message.size(), 300'000 + encode_event("A", "", "").size());
  EXPECT_EQ(core::hex_encode(message.substr(0, 4)), "00049416");
}

}  // namespace
}  // namespace tandem::aws
