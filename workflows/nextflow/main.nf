// Segments the images of a sheet in shards, and joins the tables: docs/workflows.md.
//
// nextflow run workflows/nextflow --input sheet.csv --outdir results

include { NUCLEOSCOPE_SEGMENT } from './modules/nucleoscope/segment/main'
include { NUCLEOSCOPE_CONCATENATE } from './modules/nucleoscope/concatenate/main'

/** Whether a path of the sheet does not depend on where the sheet is. */
def isAbsolute(path) {
    path.startsWith('/') || path.contains('://')
}

/** Lists of images with the ids of their shards. The ids are in the order of the images' names. */
def shardsOf(images, size) {
    def repeated = images.countBy { image -> image.baseName }.findAll { name, count -> count > 1 }.keySet()
    if (repeated) {
        error "The sheet has several images with these names: ${repeated.sort().take(10).join(', ')}"
    }
    def sorted = images.sort(false) { image -> image.name }
    sorted.collate(size).withIndex(1).collect { shard, number ->
        [[id: String.format('shard-%06d', number)], shard]
    }
}

workflow {
    if (!params.input) {
        error 'Name the sheet of images: --input sheet.csv'
    }
    def sheet = file(params.input, checkIfExists: true)

    shards = channel.fromPath(sheet)
        .splitCsv(header: true)
        .map { row -> file(isAbsolute(row.image) ? row.image : "${sheet.parent}/${row.image}", checkIfExists: true) }
        .collect()
        .flatMap { images -> shardsOf(images, params.shard_size) }

    NUCLEOSCOPE_SEGMENT(shards)

    journals = NUCLEOSCOPE_SEGMENT.out.journal
        .map { meta, journal -> journal }
        .collect()
        .map { parts -> [[id: 'tables'], parts] }

    NUCLEOSCOPE_CONCATENATE(journals)
}
