process NUCLEOSCOPE_CONCATENATE {
    tag "$meta.id"
    label 'process_single'

    container "nucleoscope:0.1.0-workflow"

    input:
    tuple val(meta), path(journals, stageAs: 'journals/*')

    output:
    tuple val(meta), path("${prefix}")             , emit: results
    tuple val(meta), path("${prefix}/failures.csv"), emit: failures
    path "versions.yml"                            , emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    if (workflow.profile.tokenize(',').intersect(['conda', 'mamba']).size() >= 1) {
        error "Nucleoscope has no Conda package. Use a container, or a program that is on the PATH."
    }
    def args = task.ext.args ?: ''
    prefix   = task.ext.prefix ?: "${meta.id}"
    """
    # Files that failed in a run are rows of failures.csv: exit code 3, or 1 if all of them failed.
    export LC_ALL=C
    code=0
    nucleoscope concatenate journals/* \\
        --export-dir ${prefix} \\
        $args || code=\$?
    case \$code in
        0 | 3) ;;
        1) test -f ${prefix}/failures.csv ;;
        *) exit \$code ;;
    esac

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        nucleoscope: \$(nucleoscope --version | cut -d ' ' -f 2)
    END_VERSIONS
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    mkdir ${prefix}
    touch ${prefix}/failures.csv ${prefix}/nuclei.csv ${prefix}/submission.csv ${prefix}/summary.csv

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        nucleoscope: \$(nucleoscope --version | cut -d ' ' -f 2)
    END_VERSIONS
    """
}
